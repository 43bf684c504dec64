// Who may come into a cache that is full: what was asked for before, not so long ago. A crawler, or a scanner that tries
// paths, asks for each path once, and would otherwise push out what visitors ask for; and each plan that is kept for
// nothing costs garbage. TinyLFU (Einziger et al., 2017) puts such a doorkeeper in front of a cache. Two paths may take
// each other for the same one, which lets in one path too early.

export class Doorkeeper {
  /** The hashes of paths that came lately, each in the place that its lowest bits name. */
  readonly #hashes: Int32Array;
  readonly #mask: number;

  /** @param count about how many paths are remembered */
  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(count, 2)));
    this.#hashes = new Int32Array(size);
    this.#mask = size - 1;
  }

  /** Whether a path with this hash has come before; from now on it has. */
  admits(hash: number): boolean {
    const place = hash & this.#mask;
    if (this.#hashes[place] === hash) return true;
    this.#hashes[place] = hash;
    return false;
  }
}
