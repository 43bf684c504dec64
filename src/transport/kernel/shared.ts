// What the threads of one process share on the kernel transport, as plain memory: made by the supervisor, given
// to each thread. What is in it is the business of inbox.ts and owners.ts.

/** Connections that may be on their way to one thread. */
export const RING_COUNT = 1024;
/** Three counts, and the ring. */
export const INBOX_WORDS: number = 3 + RING_COUNT;
/** Descriptors beyond this are not served: 512 KiB for 131,072 of them, more than any limit here allows. */
export const DESCRIPTOR_COUNT = 131_072;

export interface KernelMemory {
  readonly inboxes: SharedArrayBuffer;
  readonly owners: SharedArrayBuffer;
}

export function newKernelMemory(slotCount: number): KernelMemory {
  return {
    inboxes: new SharedArrayBuffer(slotCount * INBOX_WORDS * 4),
    owners: new SharedArrayBuffer(DESCRIPTOR_COUNT * 4),
  };
}
