// What the pumps of the kernel transport need where connections begin with a PROXY header: loaded only there.
import { ProxyPrelude } from "./proxy-prelude.ts";

export { originOf } from "../../proxies/clients.ts";

export function newPrelude(fd: number, deadline: number): ProxyPrelude {
  return new ProxyPrelude(fd, deadline);
}
