// What nobody should find in a trace that somebody else may read: passwords, cookies and tokens. This goes by the names of
// fields and of parts of a query, so a secret under an innocent name stays.

/** A whole field line, with lines folded below it: its name says that the value is secret. */
const FIELD =
  /^([^\s:/]*(?:authorization|cookie|token|secret|password|api-?key|signature)[^\s:/]*[ \t]*:[ \t]*)([^\n]*(?:\n[ \t][^\n]*)*)/gim;
const IN_QUERY =
  /([?&;](?:[^=&;\s]*(?:token|secret|passw(?:or)?d|pwd|key|signature|sig|session|auth|code|jwt)[^=&;\s]*)=)([^&;#\s]+)/gi;
/** What stays of a value: the scheme of credentials, the names of cookies. */
const SCHEME = /^(?:basic|bearer|digest|negotiate)(?= )/i;

/**
 * Text with its secrets replaced, character by character: no offset in it moves.
 * @param text lines of a head, or a part of one that begins with a line
 */
export function starSecrets(text: string): string {
  const star = (_: string, name: string, value: string): string => name + value.replace(/[^\r\n]/g, "*");
  return text.replace(FIELD, star).replace(IN_QUERY, star);
}

/** One line of a head, with its secrets replaced by "***". */
export function maskSecrets(line: string): string {
  return line
    .replace(FIELD, (_, name: string, value: string) =>
      `${name}${SCHEME.exec(value)?.[0] ?? ""} ***`.replace(/\s+/g, " "),
    )
    .replace(IN_QUERY, "$1***");
}
