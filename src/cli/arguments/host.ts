// The host as it is typed: without a name it stands for all addresses of this machine, as in Vite, and what belongs to
// another flag is named. Also says which values of HOST count.
import { isIP } from "node:net";
import { everyAddress } from "../../options/listen-options.ts";

/** Words for all addresses, in addition to the flag without a value. */
const ALL: ReadonlySet<string> = new Set(["true", "*"]);

/** @param value true for the flag alone */
export function readHost(value: string | true): string {
  return value === true || ALL.has(value) ? everyAddress() : value;
}

/**
 * HOST is the name of this machine in tcsh, and "x86_64-conda-linux-gnu" in conda: nobody asked to listen there. An address
 * was meant as one.
 */
export function countsAsHost(value: string): boolean {
  return isIP(withoutBrackets(value)) !== 0;
}

/** What to write instead of a host with a scheme or a port; "" for no hint. @param source "--host", or a variable */
export function hintForHost(source: string, value: string): string {
  const [, scheme, host = "", port] = /^(?:(\w+):\/\/)?(\[.*\]|[^:/]*)(?::(\d*))?(?:\/.*)?$/.exec(value) ?? [];
  if (!value.includes("/") && port === undefined) return "";
  const isFlag = source.startsWith("--");
  const name = withoutBrackets(host);
  const words = [
    ...(name === "" ? [] : [isFlag ? `--host ${name}` : `${source}=${name}`]),
    ...(port ? [isFlag ? `--port ${port}` : `HEDDLE_PORT=${port}`] : []),
    ...(scheme === "https" ? ["--tls-cert <file> --tls-key <file>"] : []),
  ];
  return words.length === 0 ? "" : `: write ${words.join(isFlag ? " " : " and ")}`;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/s, "$1");
}
