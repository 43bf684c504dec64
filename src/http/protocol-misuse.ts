// The one error that the engines throw. What a peer does wrong is a value; see the rejections of each engine.

/** Our own code asked for something that the protocol does not allow at this point. The peer never causes this. */
export class ProtocolMisuseError extends Error {
  override readonly name = "ProtocolMisuseError";
}
