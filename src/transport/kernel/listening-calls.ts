// What node:net cannot do for its listening sockets, and Linux can. It is loaded only where it is needed, and the package has one
// file for it.
export { bindMultipath, findMptcpObstacle, isMultipath } from "../../linux/mptcp.ts";
export { holdOff } from "./hold.ts";
