// Content codings (RFC 9110 §8.4.1): the three that are worth having, the media types for which they are used, and the
// choice among the representations of a file for a request. encode.ts encodes.
import { acceptsCoding, namesCoding } from "../../http/negotiation.ts";
import { remembered } from "../../http/remembered.ts";

/** As Accept-Encoding and Content-Encoding name them. */
export type Coding = "br" | "zstd" | "gzip";

/** RFC 9842 §4, §5: Brotli and zstd with a dictionary that the client has. The first has the smaller results. */
export type DictionaryCoding = "dcb" | "dcz";

/**
 * The extensions of precompressed files ("app.js.br" next to "app.js"); nginx, Caddy and build tools agree on these.
 */
export const SIDECAR_EXTENSIONS: Readonly<Record<Coding, string>> = { br: ".br", zstd: ".zst", gzip: ".gz" };

/** Files that are always stored so: "logo.svgz" is an SVG picture, coded (SVG 2 §1.2; X3D has three of the kind). */
const STORED_GZIPPED = /\.(?:svgz|x3dz|x3dvz|x3dbz)$/i;

/** The coding in which a file of this name is stored, if its bytes agree. */
export function storedCodingOf(path: string): Coding | undefined {
  return STORED_GZIPPED.test(path) ? "gzip" : undefined;
}

/** As many first bytes of a file as `isCodedAs` looks at. */
export const MAGIC_BYTES = 4;

/**
 * Whether coded content may begin so: RFC 1952 §2.3.1, RFC 8878 §3.1.1 and, for a skippable frame, §3.1.2. Brotli has no
 * mark that could be missed.
 */
export function isCodedAs(coding: Coding, start: Uint8Array): boolean {
  switch (coding) {
    case "gzip":
      return start[0] === 0x1f && start[1] === 0x8b;
    case "zstd": {
      const isFrame = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
      return isFrame || ((start[0]! & 0xf0) === 0x50 && start[1] === 0x2a && start[2] === 0x4d && start[3] === 0x18);
    }
    case "br":
      return start.length > 0;
    default:
      return coding satisfies never;
  }
}

export const CODINGS: readonly Coding[] = Object.keys(SIDECAR_EXTENSIONS) as Coding[];

/** Also those that need a dictionary. */
export const EVERY_CODING: readonly (Coding | DictionaryCoding)[] = [...CODINGS, "dcb", "dcz"];

// Text in all its forms, and the few binary formats that are not compressed already: fonts except WOFF, and SVG, BMP
// and icons among the pictures.
const COMPRESSIBLE =
  /^(?:text\/.*|.*\+(?:json|xml|text)|application\/(?:json|xml|javascript|x-javascript|ecmascript|wasm|manifest\+json|rtf|x-ndjson|toml|yaml|vnd\.ms-fontobject|x-sh|sql|graphql)|font\/(?:ttf|otf|collection)|image\/(?:svg\+xml|bmp|x-icon|vnd\.microsoft\.icon)|model\/(?:gltf\+json|obj|stl))$/;

/** @param mediaType may have parameters */
export function isCompressible(mediaType: string): boolean {
  const end = mediaType.indexOf(";");
  return COMPRESSIBLE.test(end < 0 ? mediaType : mediaType.slice(0, end));
}

/** How welcome each coding is, 0 (not acceptable) to 1000; `identity` means no coding. */
export interface AcceptedCodings extends Readonly<Record<Coding | DictionaryCoding | "identity", number>> {
  /** The most welcome coding, among equals the one with the smallest results; undefined if identity is more welcome. */
  readonly favourite: Coding | undefined;
  /** The same among the codings that need a dictionary; undefined also if a coding without one is more welcome. */
  readonly favouriteWithDictionary: DictionaryCoding | undefined;
}

/** @param acceptEncoding the value of that field, if it is there */
export const acceptedCodings: (acceptEncoding: string | undefined) => AcceptedCodings = remembered((acceptEncoding) => {
  const welcomes = {
    br: acceptsCoding(acceptEncoding, "br"),
    zstd: acceptsCoding(acceptEncoding, "zstd"),
    gzip: acceptsCoding(acceptEncoding, "gzip"),
    identity: acceptsCoding(acceptEncoding, "identity"),
    // Only by name: "*" was written by clients that have never heard of dictionaries.
    dcb: namesCoding(acceptEncoding, "dcb"),
    dcz: namesCoding(acceptEncoding, "dcz"),
  };
  const favourite = favouriteOf(welcomes);
  return { ...welcomes, favourite, favouriteWithDictionary: favouriteWithDictionaryOf(welcomes) };
});

function favouriteOf(welcomes: Readonly<Record<Coding | "identity", number>>): Coding | undefined {
  const most = Math.max(...CODINGS.map((coding) => welcomes[coding]));
  return most > 0 && most >= welcomes.identity ? CODINGS.find((coding) => welcomes[coding] === most) : undefined;
}

function favouriteWithDictionaryOf(
  welcomes: Readonly<Record<Coding | DictionaryCoding | "identity", number>>,
): DictionaryCoding | undefined {
  const coding = welcomes.dcb >= welcomes.dcz ? "dcb" : "dcz";
  const others = Math.max(welcomes.identity, ...CODINGS.map((other) => welcomes[other]));
  return welcomes[coding] > 0 && welcomes[coding] >= others ? coding : undefined;
}

interface Offer {
  readonly coding: Coding | DictionaryCoding | "identity";
  readonly sizeBytes: number;
}

/**
 * The most welcome, and among equals the smallest. Where nothing is acceptable, the file without coding: RFC 9110
 * §12.4.1 lets us disregard the field, and a page in another form is more useful than a 406.
 */
export function chooseRepresentation<T extends Offer>(accepted: AcceptedCodings, identity: T, coded: readonly T[]): T {
  let best = identity;
  for (const candidate of coded) {
    const welcome = accepted[candidate.coding];
    const isBetter =
      welcome === accepted[best.coding] ? candidate.sizeBytes < best.sizeBytes : welcome > accepted[best.coding];
    if (welcome > 0 && isBetter) best = candidate;
  }
  return best;
}
