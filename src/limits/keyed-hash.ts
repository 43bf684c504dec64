// HalfSipHash-2-4 (Aumasson and Bernstein, 2012) over 32-bit words: the hash of a key that only this server knows. Nobody
// who does not know it can choose addresses that fall into one place of a table, or share a bucket.

export class KeyedHash {
  readonly #key0: number;
  readonly #key1: number;
  /** The two halves of the last result. */
  low = 0;
  high = 0;

  constructor(key0: number, key1: number) {
    this.#key0 = key0;
    this.#key1 = key1;
  }

  /** Hashes three words: `low` and `high` have the result. No object is made. */
  hash(word0: number, word1: number, word2: number): void {
    this.#begin();
    this.#absorb(word0);
    this.#absorb(word1);
    this.#absorb(word2);
    this.#end(12);
  }

  /** @returns 32 bits for a text */
  hashText(text: string): number {
    this.#begin();
    for (let index = 0; index < text.length; index++) this.#absorb(text.charCodeAt(index));
    this.#end(text.length);
    return this.low;
  }

  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  #begin(): void {
    this.#v0 = this.#key0;
    this.#v1 = this.#key1 ^ 0xee;
    this.#v2 = 0x6c796765 ^ this.#key0;
    this.#v3 = 0x74656462 ^ this.#key1;
  }

  #absorb(word: number): void {
    this.#v3 ^= word;
    this.#rounds(2);
    this.#v0 ^= word;
  }

  #end(length: number): void {
    this.#absorb((length & 0xff) << 24);
    this.#v2 ^= 0xee;
    this.#rounds(4);
    this.low = this.#v1 ^ this.#v3;
    this.#v1 ^= 0xdd;
    this.#rounds(4);
    this.high = this.#v1 ^ this.#v3;
  }

  #rounds(count: number): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    for (let round = 0; round < count; round++) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** By the key in the header of limits/memory.ts. The first thread that needs the key of the hash chooses it. */
export function sharedHash(memory: SharedArrayBuffer): KeyedHash {
  const words = new Int32Array(memory, 0, 2);
  const [key0, key1] = crypto.getRandomValues(new Int32Array(2)) as unknown as [number, number];
  // 0 stands for "not chosen yet".
  Atomics.compareExchange(words, 0, 0, key0 | 1);
  Atomics.compareExchange(words, 1, 0, key1 | 1);
  return new KeyedHash(Atomics.load(words, 0), Atomics.load(words, 1));
}
