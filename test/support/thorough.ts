// Tests that find by chance what they find: `npm test` gives each a second or a few, `npm run test:thorough` all the tries.

/** @returns how often such a test tries */
export function tries(count: number, thoroughCount: number): number {
  return process.env["HEDDLE_TEST_THOROUGH"] === undefined ? count : thoroughCount;
}
