// What the files of the bench hold.

export function filler(size: number): Buffer {
  return Buffer.alloc(size, "abcdefghijklmnopqrstuvwxyz 0123456789\n");
}
