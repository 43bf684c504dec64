// Alternates: the same content in another media type, as a file of its own next to the one that is asked for (RFC 9110 §12.1).
// Which there may be is said by the name alone; site/alternates.ts looks for them, and sends what the client likes best.
import { mediaTypeOf } from "../../http/media-type.ts";
import type { AcceptedTypes } from "../../http/negotiation.ts";

/** The options of a site that name a kind of alternates. */
export interface AlternateOptions {
  readonly markdown: "negotiate" | "off";
  readonly images: "negotiate" | "off";
}

/** What a file may have beside it. */
export interface AlternateRule {
  readonly types: readonly AlternateType[];
  /** Which is sent among those that are equally welcome, the file that was asked for among them. */
  readonly amongEquals: "alternate" | "smallest";
  /** Whether they are made from the file, so that an older one shows what the file was before. */
  readonly areDerived: boolean;
  /** The extensions of other files that may have what is at a `sharedUrl`. */
  readonly rivals: readonly string[];
}

export interface AlternateType {
  readonly mediaType: string;
  /** The paths at which it may be, in the order in which they count. */
  readonly urls: readonly string[];
  /** The one of these that does not say of which file it is, where rivals may have it, too. */
  readonly sharedUrl?: string;
}

export const PAGE: RegExp = /\.html$/i;
const PICTURE = /\.(?:jpe?g|png)$/i;
const PICTURES: readonly string[] = [".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"];

/** @param file its path in the site; undefined where Accept decides nothing */
export function alternatesOf(file: string, { markdown, images }: AlternateOptions): AlternateRule | undefined {
  if (markdown === "negotiate" && PAGE.test(file)) {
    // Only a client that can use Markdown names it, and no browser does.
    const url = file.replace(PAGE, ".md");
    const types = [{ mediaType: mediaTypeOf(url), urls: [url] }];
    return { types, amongEquals: "alternate", areDerived: false, rivals: [] };
  }
  if (images === "negotiate" && PICTURE.test(file)) {
    const types = [".avif", ".webp"].map((extension) => {
      // "a.jpg.webp" first: it says of which file it is, while "a.webp" may be that of "a.png".
      const sharedUrl = file.replace(PICTURE, extension);
      return { mediaType: mediaTypeOf(sharedUrl), urls: [file + extension, sharedUrl], sharedUrl };
    });
    // Where case does not count, "a.JPG" is "a.jpg" itself.
    const own = PICTURE.exec(file)![0].toLowerCase();
    const rivals = PICTURES.filter((extension) => extension.toLowerCase() !== own);
    // Browsers can show what they name. An AVIF that is larger than its JPEG is of no use to anybody.
    return { types, amongEquals: "smallest", areDerived: true, rivals };
  }
  return undefined;
}

/** Whether the file that answers a path may have some: the path of a page need not say that it is one. */
export function mayHaveAlternates(path: string, options: AlternateOptions): boolean {
  return options.markdown === "negotiate" || alternatesOf(path, options) !== undefined;
}

/** Whether a file of this name may be an alternate, or a rival. */
export function mattersToAlternates(name: string): boolean {
  return /\.(?:md|avif|webp)$/.test(name) || PICTURE.test(name);
}

/** Whether the client names a type of which there may be an alternate. */
export function namesAlternate(accepted: AcceptedTypes, { types }: AlternateRule): boolean {
  for (const { mediaType } of types) if (accepted.namedQualityOf(mediaType) > 0) return true;
  return false;
}

interface Offer {
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/**
 * The most welcome alternate of a type that the client names (RFC 9110 §12.4.2, §12.5.1); undefined where the file that was asked
 * for is to be sent, as also where nothing is acceptable (§12.4.1).
 */
export function chooseAlternate<T extends Offer>(
  accepted: AcceptedTypes,
  original: Offer,
  found: readonly T[],
  amongEquals: AlternateRule["amongEquals"],
): T | undefined {
  let best: T | undefined;
  let bestQuality = accepted.qualityOf(original.mediaType);
  let bestBytes = amongEquals === "smallest" ? original.sizeBytes : Number.POSITIVE_INFINITY;
  for (const offer of found) {
    const quality = accepted.namedQualityOf(offer.mediaType);
    const isBetter = quality === bestQuality ? offer.sizeBytes < bestBytes : quality > bestQuality;
    if (quality === 0 || !isBetter) continue;
    best = offer;
    bestQuality = quality;
    bestBytes = offer.sizeBytes;
  }
  return best;
}
