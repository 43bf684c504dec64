// node:ffi, loaded without its warning: that it is experimental is what `--transport auto` and its self-test
// are for, and not news for whoever only starts a server. It throws where Node was built or started without it.

const { emitWarning } = process;
process.emitWarning = () => {};
const loaded: typeof import("node:ffi") | undefined = process.getBuiltinModule("node:ffi");
process.emitWarning = emitWarning;
// Started with --no-experimental-ffi, or under the permission model.
if (loaded === undefined) throw new Error("node:ffi is not available");

export const ffi: typeof import("node:ffi") = loaded;
