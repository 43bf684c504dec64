/** The value of the Authorization field for a user and a password: "ada:secret" (RFC 7617 §2). */
export function basicCredentials(userAndPassword: string): string {
  return `Basic ${Buffer.from(userAndPassword).toString("base64")}`;
}
