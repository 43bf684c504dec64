// node:ffi, loaded without its warning that it is experimental. `--transport auto` tests whether it works, so a user
// who only starts a server need not know. This module throws where Node was built or started without node:ffi.

const { emitWarning } = process;
process.emitWarning = () => {};
const loaded: typeof import("node:ffi") | undefined = process.getBuiltinModule("node:ffi");
process.emitWarning = emitWarning;
// Node was started with --no-experimental-ffi, or under the permission model.
if (loaded === undefined) throw new Error("node:ffi is not available");

export const ffi: typeof import("node:ffi") = loaded;
