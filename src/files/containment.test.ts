import { describeOpener } from "../../test/support/containment.ts";
import { createOpener } from "./containment.ts";

// Both ways to know where an open file lies: the kernel's links, and the second-best way without them. That way cannot
// withstand a folder that is swapped for a link; its comment says why.
describeOpener("without /proc", (root) => createOpener(root, false), { withstandsFolderSwaps: false });
if (process.platform === "linux") {
  describeOpener("with /proc", (root) => createOpener(root, true), { withstandsFolderSwaps: true });
}
