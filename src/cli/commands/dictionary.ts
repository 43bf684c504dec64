// `heddle dictionary <root>`: writes a dictionary of what the pages of a folder have in common. The work is done by
// precompress/pages-dictionary.ts.
import { parseArgs } from "node:util";
import { linkTo, writePagesDictionary } from "../../precompress/pages-dictionary.ts";
import { printable } from "../../telemetry/printable.ts";
import { folderProblem } from "../folder-problem.ts";
import type { Io } from "./io.ts";

/** As long as the header and footer of most sites, with the commonest words of their pages. */
const DEFAULT_SIZE_BYTES = 65_536;

/**
 * @param argv after "dictionary"
 * @returns the exit status: 0, 1 when a file could not be read or written, 2 for a mistake in the arguments
 */
export async function dictionary(argv: readonly string[], io: Pick<Io, "stdout" | "stderr">): Promise<number> {
  const asked = parse(argv);
  if (typeof asked === "string") {
    io.stderr.write(`heddle: ${asked}\nheddle dictionary --help shows every option.\n`);
    return 2;
  }
  const { root, limitBytes, insertsLink } = asked;
  const problem = folderProblem(root);
  if (problem !== undefined) {
    io.stderr.write(`heddle: ${printable(root)} ${problem}.\n`);
    return 1;
  }
  let errorCount = 0;
  const onError = (name: string, error: unknown): void => {
    errorCount++;
    io.stderr.write(`heddle: ${printable(name)}: ${printable(String(error))}\n`);
  };
  try {
    const made = await writePagesDictionary({ root, limitBytes, insertsLink, onError });
    const { name, pageCount, sizeBytes, encodedBytes, changedCount } = made;
    if (name === undefined) io.stdout.write(`${pageCount} pages have nothing in common that is worth a dictionary\n`);
    else {
      io.stdout.write(`${name}: ${sizeBytes} bytes of ${pageCount} pages, ${encodedBytes} as Brotli\n`);
      if (insertsLink) io.stdout.write(`${changedCount} pages changed: they name it now\n`);
      else io.stdout.write(`Each page should name it: ${linkTo(name)}\n`);
    }
  } catch (error) {
    onError(root, error);
  }
  return errorCount === 0 ? 0 : 1;
}

interface Asked {
  readonly root: string;
  readonly limitBytes: number;
  readonly insertsLink: boolean;
}

/** @returns what is wrong, in words */
function parse(argv: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { size: { type: "string" }, insert: { type: "boolean" } },
      allowPositionals: true,
    });
    const [root] = positionals;
    if (root === undefined || positionals.length > 1) return "name one folder: heddle dictionary dist";
    const size = values.size ?? String(DEFAULT_SIZE_BYTES);
    if (!/^[1-9]\d{2,6}$/.test(size)) return `--size: found ${JSON.stringify(size)}, wanted bytes, 100 to 9999999`;
    return { root, limitBytes: Number(size), insertsLink: values.insert === true };
  } catch (error) {
    return (error as Error).message;
  }
}
