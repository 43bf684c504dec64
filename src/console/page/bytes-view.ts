// Bytes for people: as text in which every byte can be seen, and as hexadecimal digits.
import { element } from "./dom.ts";

/** Lines this short fit a screen of 360 pixels. */
const ROW_BYTES = 8;

export function bytesFrom(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
}

/** As text: line ends are shown and made, and what cannot be printed is shown as \x with digits. */
export function visible(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 0x0d) text += "\\r";
    else if (byte === 0x0a) text += "\\n\n";
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\x${hex(byte, 2)}`;
  }
  return text;
}

/** "0000  47 45 54 20 2f 20 48 54  GET / HT" */
export function dump(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += ROW_BYTES) {
    const row = [...bytes.subarray(offset, offset + ROW_BYTES)];
    const digits = row.map((byte) => hex(byte, 2)).join(" ");
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    rows.push(`${hex(offset, 4)}  ${digits.padEnd(3 * ROW_BYTES)} ${text}`);
  }
  return rows.join("\n");
}

/** A box that the keyboard can scroll. */
export function scrolling(label: string, text: string): HTMLPreElement {
  const box = element("pre", "", text);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return box;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
