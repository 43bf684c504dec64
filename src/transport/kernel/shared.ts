// The plain memory that the threads of one process share on the kernel transport. The supervisor makes it and gives it
// to each thread. Its contents are the business of inbox.ts and owners.ts.

/** How many connections may be on their way to one thread. */
export const RING_COUNT = 1024;
/** Three words (see inbox.ts), and the ring. */
export const INBOX_WORDS: number = 3 + RING_COUNT;
/** Higher descriptors are not served. The table takes 512 KiB for more descriptors than usual limits allow. */
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
