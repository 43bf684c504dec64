// Content-Disposition (RFC 6266): offers the content as a file to be saved, with a name.

/**
 * @param name of the file, in any script, without a path
 * @returns the value of the field, in ASCII: the name in a form that every client reads, and exactly (RFC 8187)
 */
export function attachment(name: string): string {
  const wellFormed = name.toWellFormed();
  // RFC 6266 appendix D: clients read quotes, backslashes and percent signs in different ways. The exact form has them.
  const plain = wellFormed.replace(/[^ !#$&-[\]-~]/gu, "_");
  const same = plain === wellFormed ? "" : `; filename*=UTF-8''${encode(wellFormed)}`;
  return `attachment; filename="${plain}"${same}`;
}

/** RFC 8187 §3.2.1: all but attr-char is percent-encoded. encodeURIComponent leaves four such characters alone. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
