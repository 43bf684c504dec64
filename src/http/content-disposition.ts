// Content-Disposition (RFC 6266): offers what is sent as a file to be saved, by a name.

/**
 * @param name of the file, in any script, without a path
 * @returns the value of the field, in ASCII: the name once for everybody, and once exactly (RFC 8187)
 */
export function attachment(name: string): string {
  const wellFormed = name.toWellFormed();
  // RFC 6266 appendix D: quotes, backslashes and percent signs are read in several ways; the other form has them.
  const plain = wellFormed.replace(/[^ !#$&-[\]-~]/gu, "_");
  const same = plain === wellFormed ? "" : `; filename*=UTF-8''${encode(wellFormed)}`;
  return `attachment; filename="${plain}"${same}`;
}

/** RFC 8187 §3.2.1: what is no attr-char is percent-encoded; of these, encodeURIComponent leaves "'()*" alone. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
