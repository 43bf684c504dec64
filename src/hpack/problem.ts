// Every way in which a field block breaks RFC 7541. All of them are connection errors of type COMPRESSION_ERROR
// (RFC 9113 §4.3): after such a block, the tables of the two ends differ. The codes are for logs and tests.

/** By code: the mistake, and the section of the rule. */
export const HPACK_PROBLEMS = {
  INDEX_ZERO: ["A field has the index 0.", "RFC 7541 §6.1"],
  INDEX_OUT_OF_RANGE: ["An index is beyond the end of both tables.", "RFC 7541 §2.3.3"],
  INTEGER_TOO_LARGE: ["An integer is beyond 2^31 - 1, or longer than six bytes.", "RFC 7541 §5.1"],
  BLOCK_INCOMPLETE: ["The block ends inside an integer or a string.", "RFC 7541 §5"],
  HUFFMAN_PADDING: ["The padding of a string is longer than 7 bits, or holds a 0.", "RFC 7541 §5.2"],
  HUFFMAN_EOS: ["A string holds the code EOS.", "RFC 7541 §5.2"],
  TABLE_SIZE_TOO_LARGE: ["A table size update is above the limit that the decoder set.", "RFC 7541 §6.3"],
  TABLE_SIZE_LATE: ["A table size update follows a field.", "RFC 7541 §4.2"],
  TABLE_SIZE_REPEATED: ["A block has more than two table size updates.", "RFC 7541 §4.2"],
} as const;

export type HpackProblem = keyof typeof HPACK_PROBLEMS;
