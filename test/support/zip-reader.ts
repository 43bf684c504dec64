// Reads a zip file as an unpacking program does, from the end record to the central directory to each entry, and checks
// every sum. The reader knows stored entries and zip64, and shares no code with the writer.
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";

export interface ZippedEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly content: Buffer;
  /** Local time, in steps of two seconds. */
  readonly modified: Date;
}

const [LOCAL, CENTRAL, END, END_64, LOCATOR_64] = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const UTF8_FLAG = 0x800;

/** Throws at any fault of the file. */
export function readZip(zip: Buffer): ZippedEntry[] {
  const end = zip.length - 22;
  assert.equal(zip.readUInt32LE(end), END, "there is no end record");
  const directory = zip.readUInt32LE(end + 16) === 0xffffffff ? readEnd64(zip, end) : readEnd(zip, end);
  const entries: ZippedEntry[] = [];
  let position = directory.start;
  for (let index = 0; index < directory.count; index++) {
    const { entry, next } = readEntry(zip, position);
    entries.push(entry);
    position = next;
  }
  assert.equal(position, directory.end, "the central directory has another length");
  return entries;
}

function readEnd(zip: Buffer, end: number): { count: number; start: number; end: number } {
  const [count, length, start] = [zip.readUInt16LE(end + 10), zip.readUInt32LE(end + 12), zip.readUInt32LE(end + 16)];
  return { count, start, end: start + length };
}

function readEnd64(zip: Buffer, end: number): { count: number; start: number; end: number } {
  assert.equal(zip.readUInt32LE(end - 20), LOCATOR_64);
  const record = Number(zip.readBigUInt64LE(end - 12));
  assert.equal(zip.readUInt32LE(record), END_64);
  const [count, length, start] = [32, 40, 48].map((offset) => Number(zip.readBigUInt64LE(record + offset)));
  return { count: count!, start: start!, end: start! + length! };
}

function readEntry(zip: Buffer, at: number): { entry: ZippedEntry; next: number } {
  assert.equal(zip.readUInt32LE(at), CENTRAL);
  assert.ok(zip.readUInt16LE(at + 8) & UTF8_FLAG, "the name is not said to be UTF-8");
  assert.equal(zip.readUInt16LE(at + 10), 0, "the entry is not stored");
  const [sum, packed, size] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 24)];
  assert.equal(packed, size);
  const [nameLength, extraLength] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)];
  const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
  const local = zip.readUInt32LE(at + 42);
  assert.equal(zip.readUInt32LE(local), LOCAL);
  const localNameLength = zip.readUInt16LE(local + 26);
  assert.equal(zip.toString("utf8", local + 30, local + 30 + localNameLength), name);
  const start = local + 30 + localNameLength + zip.readUInt16LE(local + 28);
  const content = zip.subarray(start, start + size);
  assert.equal(crc32(content), sum, `the sum of ${name}`);
  const modified = readDate(zip.readUInt16LE(at + 12), zip.readUInt16LE(at + 14));
  return { entry: { name, isFolder: name.endsWith("/"), content, modified }, next: at + 46 + nameLength + extraLength };
}

function readDate(time: number, date: number): Date {
  return new Date((date >> 9) + 1980, ((date >> 5) & 15) - 1, date & 31, time >> 11, (time >> 5) & 63, (time & 31) * 2);
}
