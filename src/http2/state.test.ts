import { testDiagrams } from "../../test/support/state-diagram.ts";
import { REPLY_TRANSITIONS, STREAM_TRANSITIONS } from "./state.ts";

testDiagrams(new URL("./state.ts", import.meta.url), [
  {
    name: "STREAM_TRANSITIONS",
    table: STREAM_TRANSITIONS,
    heading: "The states of a stream, RFC 9113 §5.1, without the two reserved ones, because we never push:",
  },
  { name: "REPLY_TRANSITIONS", table: REPLY_TRANSITIONS, heading: "Our reply on it:" },
]);
