// The method of a request, from its bytes.

/** The methods that a static server meets, the most frequent first. For any other method, a string is made. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH", "CONNECT", "TRACE"];

/** Makes no string for a known method. The bytes must be a token. */
export function methodAt(bytes: Buffer, start: number, end: number): string {
  for (const method of METHODS) {
    if (method.length !== end - start) continue;
    let i = 0;
    while (i < method.length && bytes[start + i] === method.charCodeAt(i)) i++;
    if (i === method.length) return method;
  }
  return bytes.toString("latin1", start, end);
}
