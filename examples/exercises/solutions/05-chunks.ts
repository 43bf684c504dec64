// A chunk of size zero ends the content, so an empty part must not become a chunk. The size counts bytes and is
// hexadecimal.

export function chunked(parts: readonly Buffer[]): Buffer {
  const chunks = parts
    .filter(({ length }) => length > 0)
    .flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`, "latin1"), part, Buffer.from("\r\n")]);
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}
