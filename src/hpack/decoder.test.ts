import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Field, fieldsOf } from "../../test/support/field-lists.ts";
import { RequestHead } from "../http/request-head.ts";
import { BlockWriter, type Indexing } from "./block-writer.ts";
import { HpackDecoder } from "./decoder.ts";
import { MISTAKE } from "./field-kind.ts";
import { FieldSection } from "./field-section.ts";
import { HPACK_PROBLEMS, type HpackProblem } from "./problem.ts";

const section = new FieldSection(16_384, 100);

/** What a decoder finds in a block of hexadecimal digits: fields, or a problem. */
function read(decoder: HpackDecoder, hex: string): Field[] | HpackProblem {
  const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
  // The block stands in the middle of other bytes.
  const bytes = Buffer.concat([Buffer.of(0x82, 0xff), block, Buffer.of(0x82)]);
  return decoder.decode(bytes, 2, 2 + block.length, section) ?? fieldsOf(section);
}

const get = (scheme: string, path: string): Field[] => [
  [":method", "GET"],
  [":scheme", scheme],
  [":authority", "www.example.com"],
  [":path", path],
];
const requests: Field[][] = [
  get("http", "/"),
  [...get("http", "/"), ["cache-control", "no-cache"]],
  [...get("https", "/index.html"), ["custom-key", "custom-value"]],
];
const replyFields = (status: string, second: number): Field[] => [
  [":status", status],
  ["cache-control", "private"],
  ["date", `Mon, 21 Oct 2013 20:13:${second} GMT`],
  ["location", "https://www.example.com"],
];
const replies: Field[][] = [
  replyFields("302", 21),
  replyFields("307", 21),
  [
    ...replyFields("200", 22),
    ["content-encoding", "gzip"],
    ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
  ],
];

const appendix: { section: string; tableBytes?: number; hex: string[]; fields: Field[][] }[] = [
  {
    section: "C.2.1, a literal with indexing",
    hex: ["400a637573746f6d2d6b65790d637573746f6d2d686561646572"],
    fields: [[["custom-key", "custom-header"]]],
  },
  {
    section: "C.2.2, a literal without indexing",
    hex: ["040c2f73616d706c652f70617468"],
    fields: [[[":path", "/sample/path"]]],
  },
  {
    section: "C.2.3, a literal never indexed",
    hex: ["100870617373776f726406736563726574"],
    fields: [[["password", "secret"]]],
  },
  { section: "C.2.4, an indexed field", hex: ["82"], fields: [[[":method", "GET"]]] },
  {
    section: "C.3, requests without Huffman coding",
    hex: [
      "828684410f7777772e6578616d706c652e636f6d",
      "828684be58086e6f2d6361636865",
      "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ],
    fields: requests,
  },
  {
    section: "C.4, requests with Huffman coding",
    hex: [
      "828684418cf1e3c2e5f23a6ba0ab90f4ff",
      "828684be5886a8eb10649cbf",
      "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ],
    fields: requests,
  },
  {
    section: "C.5, replies without Huffman coding",
    tableBytes: 256,
    hex: [
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
      "4803333037c1c0bf",
      "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
    ],
    fields: replies,
  },
  {
    section: "C.6, replies with Huffman coding",
    tableBytes: 256,
    hex: [
      "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
      "4883640effc1c0bf",
      "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ],
    fields: replies,
  },
];
for (const { section: title, tableBytes, hex, fields } of appendix) {
  test(`HpackDecoder reads RFC 7541 Appendix ${title}`, () => {
    const decoder = new HpackDecoder(tableBytes);
    for (const [index, block] of hex.entries()) assert.deepEqual(read(decoder, block), fields[index]);
  });
}

const problems: [what: string, hex: string, problem: HpackProblem][] = [
  ["the index 0", "82 80", "INDEX_ZERO"],
  ["an index beyond the static table, of an empty dynamic table", "be", "INDEX_OUT_OF_RANGE"],
  ["an index beyond the dynamic table", "40016101 62 be bf", "INDEX_OUT_OF_RANGE"],
  ["a name's index beyond the tables", "7e0161", "INDEX_OUT_OF_RANGE"],
  ["a name's index beyond the tables, without indexing", "0f2f0161", "INDEX_OUT_OF_RANGE"],
  ["a large index", "ffffffff07", "INDEX_OUT_OF_RANGE"],
  ["an integer of 2^31", "ff81ffffff07", "INTEGER_TOO_LARGE"],
  ["an integer of more than six bytes, though it is small", "ff808080808000", "INTEGER_TOO_LARGE"],
  ["an integer that has no end within six bytes", "ffffffffffffffffff", "INTEGER_TOO_LARGE"],
  ["a length beyond 2^31", "007fffffffff7f", "INTEGER_TOO_LARGE"],
  ["a block that ends in an index", "82ff", "BLOCK_INCOMPLETE"],
  ["a block that ends in a longer index", "ff80", "BLOCK_INCOMPLETE"],
  ["a block that ends behind the form", "40", "BLOCK_INCOMPLETE"],
  ["a block that ends in the length of a name", "407f", "BLOCK_INCOMPLETE"],
  ["a block that ends in a name", "40026 1", "BLOCK_INCOMPLETE"],
  ["a block that ends behind a name", "400161", "BLOCK_INCOMPLETE"],
  ["a block that ends in a value", "4001610262", "BLOCK_INCOMPLETE"],
  ["a block that ends in a coded value", "4001618262", "BLOCK_INCOMPLETE"],
  ["a block that ends in a table size", "3f", "BLOCK_INCOMPLETE"],
  ["a value with 8 bits of padding", "0001 61 82 1fff", "HUFFMAN_PADDING"],
  ["a value padded by zeros", "0001 61 81 18", "HUFFMAN_PADDING"],
  ["a name padded by zeros", "00 81 18 0161", "HUFFMAN_PADDING"],
  ["a value with EOS", "0001 61 84 fffffffc", "HUFFMAN_EOS"],
  ["a name with EOS", "00 84 ffffffff 0161", "HUFFMAN_EOS"],
  ["a table size above the limit", "3fe21f", "TABLE_SIZE_TOO_LARGE"],
  ["a table size behind a field", "8220", "TABLE_SIZE_LATE"],
  ["a table size between fields", "823fe11f82", "TABLE_SIZE_LATE"],
  ["three table sizes", "2020 20 82", "TABLE_SIZE_REPEATED"],
];
for (const [what, hex, problem] of problems) {
  test(`HpackDecoder refuses ${what}: ${problem}`, () => {
    assert.equal(read(new HpackDecoder(), hex), problem);
  });
}

test("HpackDecoder has a test for every problem", () => {
  assert.deepEqual(new Set(problems.map(([, , problem]) => problem)), new Set(Object.keys(HPACK_PROBLEMS)));
});

test("HpackDecoder refuses a table above the default, which the section has no room for", () => {
  assert.throws(() => new HpackDecoder(4097), RangeError);
});

// "40 01 61 01 62" adds a: b, and "be" is then the newest entry.
const tables: [what: string, blocks: string[], last: Field[] | HpackProblem][] = [
  ["keeps an entry over a size update that it fits", ["4001610162", "3f03 be"], [["a", "b"]]],
  ["drops an entry that a size update leaves no room for", ["4001610162", "3f02 be"], "INDEX_OUT_OF_RANGE"],
  ["drops all entries at size 0, also when it grows again", ["4001610162", "203fe11f be"], "INDEX_OUT_OF_RANGE"],
  ["takes two sizes in one block", ["4001610162", "3f03 3fe11f be"], [["a", "b"]]],
  ["takes a block of sizes alone", ["4001610162", "3f03", "be"], [["a", "b"]]],
  [
    "drops the oldest entry first",
    ["3f27 4001610162 4001630164 4001650166", "bebf"],
    [
      ["e", "f"],
      ["c", "d"],
    ],
  ],
  ["forgets the entry that dropped out", ["3f27 4001610162 4001630164 4001650166", "c0"], "INDEX_OUT_OF_RANGE"],
  ["empties the table for a field that is larger", ["3f03 4001610162", "4003616263 01 64", "be"], "INDEX_OUT_OF_RANGE"],
  ["gives that field to the section nevertheless", ["3f03 4001610162", "4003616263 01 64"], [["abc", "d"]]],
  // RFC 7541 §4.4: the name may be the very entry that the field pushes out.
  ["uses the name of the entry that the field pushes out", ["3f03 4001610162", "7e0163", "be"], [["a", "c"]]],
  ["keeps nothing in a table of size 0", ["20 4001610162 be"], "INDEX_OUT_OF_RANGE"],
  ["adds a name of the static table with a new value", ["5803616263", "be"], [["cache-control", "abc"]]],
  ["uses the static name of a dynamic entry", ["5803616263", "7e0164", "be"], [["cache-control", "d"]]],
  ["does not add a literal without indexing", ["0001610162", "be"], "INDEX_OUT_OF_RANGE"],
  ["does not add a literal that is never indexed", ["1001610162", "be"], "INDEX_OUT_OF_RANGE"],
  ["reads an empty block", [""], []],
  ["reads an integer of six bytes, padded with zeros", ["4001610162", "3fe29e808000 be"], [["a", "b"]]],
];
for (const [what, blocks, last] of tables) {
  test(`HpackDecoder ${what}`, () => {
    const decoder = new HpackDecoder();
    for (const hex of blocks.slice(0, -1)) assert.ok(Array.isArray(read(decoder, hex)));
    assert.deepEqual(read(decoder, blocks.at(-1)!), last);
  });
}

function blockOf(fields: readonly Field[], indexing: Indexing = "without"): Buffer {
  const writer = new BlockWriter();
  for (const [name, value] of fields) writer.literal(name, value, indexing);
  return writer.take();
}

const lists: [what: string, fields: Field[], mistakes: number][] = [
  [
    "a whole request",
    [...get("https", "/"), ["accept", "a b"], ["x!#$%&'*+-.^_`|~1", "\t!~\x80\xff\t!"]],
    MISTAKE.VALUE,
  ],
  ["values of any byte that is allowed", [["a", "!\t ~\x80\xff"]], 0],
  ["an upper-case name", [["A", "b"]], MISTAKE.NAME],
  ["an upper-case name that is known", [["accepT", "b"]], MISTAKE.NAME],
  ["an empty name", [["", "b"]], MISTAKE.NAME],
  ["a name with a space", [["a b", "b"]], MISTAKE.NAME],
  ["a name with a colon inside", [["a:", "b"]], MISTAKE.NAME],
  ["a name with NUL", [["a\0", "b"]], MISTAKE.NAME],
  ["a name beyond ASCII", [["\xe9", "b"]], MISTAKE.NAME],
  ["an empty value", [["a", ""]], 0],
  ["a value with NUL", [["a", "b\0"]], MISTAKE.VALUE],
  ["a value with CR", [["a", "b\rc"]], MISTAKE.VALUE],
  ["a value with LF", [["a", "b\nc"]], MISTAKE.VALUE],
  ["a value with DEL", [["a", "b\x7fc"]], MISTAKE.VALUE],
  ["a value that begins with a space", [["a", " b"]], MISTAKE.VALUE],
  ["a value that ends with a tab", [["a", "b\t"]], MISTAKE.VALUE],
  ["a value of one space", [["a", " "]], MISTAKE.VALUE],
  ["a pseudo-field's value with LF", [[":path", "/\n"]], MISTAKE.VALUE],
  ["a pseudo-field of replies", [[":status", "200"]], MISTAKE.PSEUDO_UNKNOWN],
  ["an unknown pseudo-field", [[":protocol", "websocket"]], MISTAKE.PSEUDO_UNKNOWN],
  ["a pseudo-field in upper case", [[":Path", "/"]], MISTAKE.PSEUDO_UNKNOWN],
  ["a colon alone", [[":", "/"]], MISTAKE.PSEUDO_UNKNOWN],
  [
    "a pseudo-field twice",
    [
      [":path", "/"],
      [":path", "/"],
    ],
    MISTAKE.PSEUDO_REPEATED,
  ],
  [
    "a pseudo-field behind a field",
    [
      ["a", "b"],
      [":path", "/"],
    ],
    MISTAKE.PSEUDO_LATE,
  ],
  ["the field TE", [["te", "trailers"]], 0],
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].map(
    (name): [string, Field[], number] => [`the field ${name}`, [[name, "x"]], MISTAKE.CONNECTION_SPECIFIC],
  ),
  ["two mistakes", [["A", "b\0"]], MISTAKE.NAME | MISTAKE.VALUE],
];
for (const [what, fields, mistakes] of lists) {
  test(`FieldSection says of ${what} ${mistakes === 0 ? "that all is well" : `what is wrong (${mistakes})`}`, () => {
    const decoder = new HpackDecoder();
    for (const indexing of ["without", "incremental"] as const) {
      const block = blockOf(fields, indexing);
      assert.equal(decoder.decode(block, 0, block.length, section), undefined);
      assert.equal(section.mistakes, mistakes);
    }
    // The table remembers what is wrong.
    const again = Buffer.from(fields.map((_, index) => 0xbe + fields.length - 1 - index));
    assert.equal(decoder.decode(again, 0, again.length, section), undefined);
    assert.equal(section.mistakes, mistakes);
  });
}

test("FieldSection fills a request head", () => {
  const head = new RequestHead(section.bytes, section.lines, section.firstLine);
  const decoder = new HpackDecoder();
  const fields: Field[] = [
    ["accept", "a"],
    ["x-a", "1"],
    ["priority", "u=1"],
    ["accept", "b"],
    ["range", "c"],
    ["priority", "i"],
  ];
  const block = blockOf([...get("https", "/a?b"), ...fields], "incremental");
  for (const bytes of [block, Buffer.from(fields.map((_, index) => 0xbe + fields.length - 1 - index))]) {
    assert.equal(decoder.decode(bytes, 0, bytes.length, section), undefined);
    section.fill(head);
    for (const one of [head, head.retain()]) {
      assert.deepEqual([...one.fields()], fields);
      assert.deepEqual(
        ["accept", "range", "x-a", "te"].map((name) => one.field(name)),
        ["a, b", "c", "1", undefined],
      );
    }
    assert.equal(head.value(section.priorityLine), "u=1");
  }
  assert.equal(section.pseudoPresent, 0);
});

test("FieldSection.clear() leaves nothing of the section before", () => {
  const decoder = new HpackDecoder();
  const first = blockOf([...get("https", "/"), ["priority", "u=1"], ["accept", "a"], ["accept", "a"], ["A", "b"]]);
  assert.equal(decoder.decode(first, 0, first.length, section), undefined);
  assert.equal(decoder.decode(first, 0, 0, section), undefined);
  const { end, lineCount, present, repeated, pseudoPresent, priorityLine, mistakes, sizeBytes, isTooLarge } = section;
  assert.deepEqual(
    [lineCount, present, repeated, pseudoPresent, priorityLine, mistakes, sizeBytes],
    [0, 0, 0, 0, -1, 0, 0],
  );
  assert.equal(isTooLarge, false);
  assert.equal(end, new FieldSection(1, 1).end);
});

// The limit counts names, values and 32 for each: RFC 9113 §6.5.2.
const sizes: [what: string, limitBytes: number, limitCount: number, fields: Field[], isTooLarge: boolean][] = [
  [
    "as many bytes as the limit",
    68,
    9,
    [
      ["a", "b"],
      ["c", "d"],
    ],
    false,
  ],
  [
    "one byte more",
    67,
    9,
    [
      ["a", "b"],
      ["c", "d"],
    ],
    true,
  ],
  ["one literal of more than all room", 100, 9, [["a", "b".repeat(9000)]], true],
  ["a name of more than all room", 100, 9, [["b".repeat(9000), "a"]], true],
  [
    "as many lines as the limit, and pseudo-fields",
    1000,
    2,
    [
      [":path", "/"],
      ["a", ""],
      ["b", ""],
    ],
    false,
  ],
  [
    "one line more",
    1000,
    2,
    [
      ["a", ""],
      ["b", ""],
      ["c", ""],
    ],
    true,
  ],
];
for (const [what, limitBytes, limitCount, fields, isTooLarge] of sizes) {
  test(`FieldSection ${isTooLarge ? "is too large for" : "has room for"} ${what}, and the table stays in step`, () => {
    const small = new FieldSection(limitBytes, limitCount);
    const decoder = new HpackDecoder();
    const block = blockOf([...fields, ["last", "entry"]], "incremental");
    assert.equal(decoder.decode(block, 0, block.length - blockOf([["last", "entry"]]).length, small), undefined);
    assert.equal(small.isTooLarge, isTooLarge);
    if (!isTooLarge) assert.deepEqual(fieldsOf(small), fields);
    assert.equal(new HpackDecoder().decode(block, 0, block.length, small), undefined);
    const whole = new HpackDecoder();
    whole.decode(block, 0, block.length, small);
    assert.equal(whole.decode(Buffer.of(0xbe), 0, 1, section), undefined);
    assert.deepEqual(fieldsOf(section), [["last", "entry"]]);
  });
}

test("FieldSection copies nothing of the fields that a block of 16 KiB repeats beyond the limit", () => {
  const decoder = new HpackDecoder();
  const bomb = Buffer.concat([blockOf([["a", "b".repeat(4000)]], "incremental"), Buffer.alloc(16_384, 0xbe)]);
  assert.equal(decoder.decode(bomb, 0, bomb.length, section), undefined);
  assert.equal(section.isTooLarge, true);
  assert.equal(section.lineCount, 4);
  assert.ok(section.end <= section.bytes.length);
});

const anyText = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const fewTexts = fc.constantFrom("", "a", "accept", "x-a", "b".repeat(200), "c".repeat(900));
const anyField = fc.tuple(fc.oneof(anyText, fewTexts), fc.oneof(anyText, fewTexts));
const anyForm = fc.constantFrom<Indexing>("incremental", "without", "never");

test("HpackDecoder reads every list that BlockWriter writes, and the dynamic table after it", () => {
  const anyList = fc.array(fc.tuple(anyField, anyForm), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(anyList, { maxLength: 8 }), (sent) => {
      const decoder = new HpackDecoder();
      const table: Field[] = [];
      const writer = new BlockWriter();
      for (const list of sent) {
        for (const [[name, value], form] of list) {
          writer.literal(name, value, form);
          if (form === "incremental") table.unshift([name, value]);
        }
        const block = writer.take();
        assert.equal(decoder.decode(block, 0, block.length, section), undefined);
        assert.deepEqual(
          linesOf(section),
          list.map(([field]) => field).filter(([name]) => !name.startsWith(":")),
        );
      }
      // What is left of the table, by its definition: RFC 7541 §4.1.
      let size = 0;
      for (const [place, [name, value]] of table.entries()) {
        size += name.length + value.length + 32;
        if (size > 4096) break;
        const block = writer.indexed(62 + place).take();
        assert.equal(decoder.decode(block, 0, block.length, section), undefined);
        if (!name.startsWith(":")) assert.deepEqual(linesOf(section), [[name, value]]);
      }
    }),
    { numRuns: 150 },
  );
});

function linesOf(of: FieldSection): Field[] {
  return fieldsOf(of).filter(([name]) => !name.startsWith(":"));
}

test("HpackDecoder never throws and never leaves its memory, whatever the bytes", () => {
  const anyBlock = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(fc.array(anyBlock, { maxLength: 6 }), (blocks) => {
      const small = new FieldSection(200, 4);
      const decoder = new HpackDecoder();
      for (const block of blocks) {
        if (decoder.decode(block, 0, block.length, small) !== undefined) break;
        assert.ok(small.end <= small.bytes.length && small.lineCount <= 4);
      }
    }),
    { numRuns: 1000 },
  );
});
