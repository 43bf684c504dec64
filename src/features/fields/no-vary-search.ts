// No-Vary-Search (draft-ietf-httpbis-no-vary-search): which parts of a query make no difference to the reply. So a browser
// uses what it has, or has loaded ahead of a visit, for addresses that differ in these parts only.
import { quote } from "../../http/fields.ts";

/** Which parameters of a query make no difference. */
export interface NoVarySearchOptions {
  /** Those that make none: `["utm_source", "utm_medium"]`. @default all, where `except` is given; else none */
  readonly params?: readonly string[];
  /** Those that make one; all others make none. */
  readonly except?: readonly string[];
  /** Whether their order makes none. @default false */
  readonly anyOrder?: boolean;
}

/** @throws {TypeError} for options that contradict each other, say nothing, or cannot be sent */
export function writeNoVarySearch({ params, except, anyOrder = false }: NoVarySearchOptions): string {
  if (params !== undefined && except !== undefined) throw new TypeError("either params or except, and not both");
  if ((params ?? []).length === 0 && except === undefined && !anyOrder)
    throw new TypeError("at least one of params (with a name), except and anyOrder");
  const parts = [
    anyOrder && "key-order",
    params !== undefined && params.length > 0 && `params=${writeNames(params)}`,
    except !== undefined && "params",
    except !== undefined && except.length > 0 && `except=${writeNames(except)}`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** An inner list of strings, RFC 9651 §3.1.1 and §3.3.3. */
function writeNames(names: readonly string[]): string {
  const unsendable = names.find((name) => !/^[ -~]+$/.test(name));
  if (unsendable !== undefined)
    throw new TypeError(`a name is sent as it is percent-encoded in a query, not as ${JSON.stringify(unsendable)}`);
  return `(${names.map(quote).join(" ")})`;
}
