import { testDiagrams } from "../../test/support/state-diagram.ts";
import { PEER_TRANSITIONS, SELF_TRANSITIONS } from "./state.ts";

testDiagrams(new URL("./state.ts", import.meta.url), [
  { name: "PEER_TRANSITIONS", table: PEER_TRANSITIONS, heading: "The peer sends requests:" },
  { name: "SELF_TRANSITIONS", table: SELF_TRANSITIONS, heading: "We send replies:" },
]);
