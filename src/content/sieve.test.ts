import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Sieve, type SieveEntry } from "./sieve.ts";

/** A sieve of letters that cost 1 each, driven as a cache is: a letter that is there is visited, another comes in. */
function run(limit: number, letters: string): { kept: string; evicted: string } {
  const entries = new Map<string, SieveEntry<string>>();
  let evicted = "";
  const sieve = new Sieve<string>(limit, (entry) => {
    entries.delete(entry.value);
    evicted += entry.value;
  });
  for (const letter of letters) {
    const entry = entries.get(letter);
    if (entry !== undefined) entry.isVisited = true;
    else entries.set(letter, sieve.add(letter, 1)!);
  }
  return { kept: [...entries.keys()].sort().join(""), evicted };
}

const cases: [limit: number, letters: string, evicted: string, kept: string, why: string][] = [
  [3, "abc", "", "abc", "evicts nothing while there is room"],
  [3, "abcd", "a", "bcd", "evicts the oldest first"],
  [3, "abcde", "ab", "cde", "goes on where it stopped"],
  [3, "abcad", "b", "acd", "forgives once what was visited"],
  [3, "abcadaef", "bcd", "aef", "does not move what it forgives, and comes back to it last"],
  [3, "abcabcd", "a", "bcd", "evicts the oldest when all were visited, having forgiven all"],
  [3, "abcadbce", "bcdb", "ace", "keeps its hand where it was, although new ones come in"],
  [1, "aab", "a", "b", "evicts even what was visited when there is nothing else"],
];

for (const [limit, letters, evicted, kept, why] of cases) {
  test(`Sieve ${why}: ${letters} in ${limit}`, () => {
    assert.deepEqual(run(limit, letters), { kept, evicted });
  });
}

test("Sieve evicts what a lower limit has no room for, and has room again under a higher one", () => {
  let evicted = "";
  const sieve = new Sieve<string>(3, (entry) => {
    evicted += entry.value;
  });
  for (const letter of "abc") sieve.add(letter, 1);
  sieve.resize(1);
  assert.deepEqual([evicted, sieve.cost], ["ab", 1]);
  sieve.resize(2);
  sieve.add("d", 1);
  assert.deepEqual([evicted, sieve.cost], ["ab", 2]);
});

test("Sieve keeps a few used entries through a flood of entries that are used once", () => {
  const flood = Array.from({ length: 500 }, (_, index) => String.fromCharCode(0x100 + index)).join("ab");
  assert.match(run(10, `abab${flood}`).kept, /^ab/);
});

test("Sieve does not take what costs more than its limit, and loses nothing for it", () => {
  const sieve = new Sieve<string>(10, () => assert.fail("evicted"));
  sieve.add("a", 10);
  assert.equal(sieve.add("b", 11), undefined);
  assert.equal(sieve.cost, 10);
});

test("Sieve takes nothing when its limit is zero", () => {
  assert.equal(new Sieve<string>(0, () => {}).add("a", 1), undefined);
});

test("Sieve evicts in the order of a plain model, within its limit, whatever is added, visited and removed", () => {
  const action = fc.record({ key: fc.nat(15), cost: fc.integer({ min: 1, max: 5 }), isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const limit = 12;
      const entries = new Map<number, SieveEntry<number>>();
      const evicted: number[] = [];
      const sieve = new Sieve<number>(limit, (entry) => {
        entries.delete(entry.value);
        evicted.push(entry.value);
      });
      const model = new Model(limit);
      for (const { key, cost, isRemoval } of actions) {
        const entry = entries.get(key);
        if (entry !== undefined && isRemoval) {
          sieve.remove(entry);
          entries.delete(key);
          model.remove(key);
        } else if (entry !== undefined) {
          entry.isVisited = true;
          model.visit(key);
        } else {
          entries.set(key, sieve.add(key, cost)!);
          model.add(key, cost);
        }
        assert.ok(sieve.cost <= limit);
        assert.equal(sieve.cost, model.cost);
        assert.deepEqual([...entries.keys()].sort(), model.keys.sort());
        assert.deepEqual(evicted, model.evicted);
      }
    }),
  );
});

/** SIEVE as in the paper, with an array from oldest to newest and an index for the hand. */
class Model {
  readonly evicted: number[] = [];
  readonly #limit: number;
  #queue: { key: number; cost: number; isVisited: boolean }[] = [];
  #hand = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get cost(): number {
    return this.#queue.reduce((sum, { cost }) => sum + cost, 0);
  }

  get keys(): number[] {
    return this.#queue.map(({ key }) => key);
  }

  visit(key: number): void {
    this.#queue.find((item) => item.key === key)!.isVisited = true;
  }

  remove(key: number): void {
    const index = this.#queue.findIndex((item) => item.key === key);
    this.#queue.splice(index, 1);
    if (index < this.#hand) this.#hand--;
  }

  add(key: number, cost: number): void {
    while (this.cost + cost > this.#limit) {
      if (this.#hand >= this.#queue.length) this.#hand = 0;
      while (this.#queue[this.#hand]!.isVisited) {
        this.#queue[this.#hand]!.isVisited = false;
        this.#hand = (this.#hand + 1) % this.#queue.length;
      }
      this.evicted.push(...this.#queue.splice(this.#hand, 1).map((item) => item.key));
    }
    // A hand that has passed the newest begins again at the oldest, whoever comes in now.
    if (this.#hand >= this.#queue.length) this.#hand = 0;
    this.#queue.push({ key, cost, isVisited: false });
  }
}
