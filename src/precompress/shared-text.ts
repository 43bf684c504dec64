// What the pages of a site have in common: header, footer, navigation, the frame of every example. Pages are cut where a tag or
// a line begins; a piece that several pages have is worth keeping, the more so the longer it is and the more pages have it.

/** In how many pages a piece must be. Of what two pages have, each would gain by the other only. */
const LEAST_PAGE_COUNT = 3;

interface Piece {
  readonly text: string;
  /** Its place among all pieces, in the order in which they were seen. */
  readonly place: number;
  pageCount: number;
}

/**
 * The text that a dictionary of these pages consists of, with the pieces in the order of the pages: what stands together in a
 * page stands together here. The same for the same pages in the same order.
 */
export function sharedText(pages: Iterable<string>, limitBytes: number): Buffer {
  const pieces = new Map<string, Piece>();
  for (const page of pages) {
    for (const text of new Set(page.split(/(?=<)|(?<=\n)/))) {
      const piece = pieces.get(text);
      if (piece === undefined) pieces.set(text, { text, place: pieces.size, pageCount: 1 });
      else piece.pageCount++;
    }
  }
  const shared = [...pieces.values()].filter(({ pageCount }) => pageCount >= LEAST_PAGE_COUNT);
  return Buffer.from(
    withinLimit(shared, limitBytes)
      .sort((a, b) => a.place - b.place)
      .map(({ text }) => text)
      .join(""),
  );
}

/** The pieces that save the most, as far as there is room. */
function withinLimit(pieces: readonly Piece[], limitBytes: number): Piece[] {
  const gainOf = ({ text, pageCount }: Piece): number => text.length * (pageCount - 1);
  const kept: Piece[] = [];
  let sizeBytes = 0;
  for (const piece of [...pieces].sort((a, b) => gainOf(b) - gainOf(a) || a.place - b.place)) {
    sizeBytes += Buffer.byteLength(piece.text);
    if (sizeBytes > limitBytes) break;
    kept.push(piece);
  }
  return kept;
}
