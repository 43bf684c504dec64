// What a thread needs on the kernel transport, as one module: so the package has it in one file.

export { createKernelOpener } from "../../files/linux/opener.ts";
export { hashByOpenSsl } from "../../files/linux/short-hash.ts";
export { KernelTransport } from "../../transport/kernel/transport.ts";
