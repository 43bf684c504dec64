import { describeOpener } from "../../test/support/containment.ts";
import { createOpener } from "./containment.ts";

// Both ways to know where an open file lies: what the kernel says, and what can be done without. A folder that is
// swapped for a link is more than the second can withstand; its comment says why.
describeOpener("without /proc", (root) => createOpener(root, false), { withstandsFolderSwaps: false });
if (process.platform === "linux") {
  describeOpener("with /proc", (root) => createOpener(root, true), { withstandsFolderSwaps: true });
}
