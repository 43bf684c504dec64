// The oldest Node.js that heddle runs on. The command asks before it loads anything else, and so do the package's entries
// (build/entries.ts): an older one gets a sentence instead of a stack trace. Node 18 must be able to read this file, and
// what else the command loads before it asks: no newer syntax, no newer name from a module of Node.

/** The version in "engines" of package.json; a test keeps the two together. */
const MAJOR = 26;
const MINOR = 8;

/** The advice to the user of the command, and to the user of a program. Each ends with a line to paste. */
const ADVICE = {
  command: `run, where heddle is installed: npx -p node@${MAJOR} heddle`,
  program: `run your program with: npx -p node@${MAJOR} node program.js`,
};

/** The message for a user whose Node.js is too old. */
export function complaintAboutNode(started: keyof typeof ADVICE): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return undefined;
  const wanted = `heddle needs Node.js ${MAJOR}.${MINOR} or newer; this is ${process.version}.`;
  return `${wanted} Get it from https://nodejs.org/, or ${ADVICE[started]}`;
}
