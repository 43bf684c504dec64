// Whether changes of temporary files can be heard: not on network file systems, nor on other systems than Linux.
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const LOCAL = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630];

export const canHear: boolean = process.platform === "linux" && LOCAL.includes(statfsSync(tmpdir()).type);
