// Files that no cache can be expected to hold, and paths that lead nowhere: asked for at random, the same in each round for
// every peer. Names say how many files there are, and what else the server is told to do.
import type { Case } from "./cases.ts";
import { KEPT_SITES, type KeptSiteName } from "./kept-sites.ts";
import type { Setup } from "./place.ts";

/** Servers from npm other than sirv cost minutes here, and show nothing that the other cases do not. */
export const COLD_PEERS: readonly string[] = [
  ...["heddle", "heddle-before", "heddle-portable", "heddle-portable-before", "floor"],
  ...["nginx", "nginx-cache", "h2o", "lighttpd", "sirv"],
];
const HEDDLE = COLD_PEERS.filter((name) => name.startsWith("heddle"));

/** `heddle hash-password` of "bench" made the hash that the server compares with. */
const CREDENTIALS = `Authorization: Basic ${Buffer.from("bench:bench").toString("base64")}`;
const NAVIGATION = ["Accept: text/html", "Sec-Fetch-Mode: navigate"];

const MISSING = "/{a}/{b}-{n}.txt";

export const COLD_CASES: readonly Case[] = [
  files("files-10", "10 files of 1 KiB", "tree-100000", { count: 10 }),
  files("files-10000", "10,000 files of 1 KiB", "tree-100000", { count: 10_000 }),
  files("files-100000", "100,000 files of 1 KiB", "tree-100000", {}),
  missing("missing", "paths not found", "plain"),
  {
    ...missing("missing-folders", "paths not found, in folders not found", "plain"),
    ...at("/no-{a}{b}-{n}/page.txt", 100_000),
  },
  files("files-300k", "2,000 files of 300 KiB", "files-300k", { isForFloor: false, isCountedByBytes: true }),
  files("files-100000-spa", "100,000 files, SPA fallback", "tree-100000", { setup: "spa", fields: NAVIGATION }),
  {
    ...missing("missing-spa", "paths not found, SPA fallback", "spa"),
    ...{ status: 200, contentLength: 1024, fields: NAVIGATION },
    // Without an extension: sirv takes anything else for a file.
    ...at("/{a}/{b}-{n}", 100_000),
  },
  files("files-100000-redirects", "100,000 files, 200 redirect rules", "tree-100000", { setup: "redirects" }),
  missing("missing-redirects", "paths not found, 200 redirect rules", "redirects"),
  ...(["headers", "clean-urls", "listings", "auth", "keep-previous"] as const).flatMap(alone),
  files("files-10-of-million", "10 of 1,000,000 files of 1 KiB", "tree-1000000", { count: 10, isLarge: true }),
  files("files-1000000", "1,000,000 files of 1 KiB", "tree-1000000", { isLarge: true }),
  files("one-folder", "1,000,000 files of 1 KiB in one folder", "folder-1000000", { isLarge: true }),
];

interface Choice extends Partial<Omit<Case, "name" | "title" | "site" | "paths">> {
  /** How many of the site's files are asked for; all when left out. */
  readonly count?: number;
}

function files(name: string, title: string, site: KeptSiteName, { count, ...choice }: Choice): Case {
  const { pattern, fileCount, fileBytes } = KEPT_SITES[site];
  return {
    ...{ name, title, site, setup: "plain", protocol: "http/1.1", streamCount: 1 },
    ...{ fields: [], status: 200, contentLength: fileBytes },
    ...{ shape: "random", connectionCount: 32, roundCount: 3, isForFloor: true, isCountedByBytes: false },
    ...{ isLarge: false, peers: COLD_PEERS },
    ...at(pattern, count ?? fileCount),
    ...choice,
  };
}

function missing(name: string, title: string, setup: Setup): Case {
  return {
    ...files(name, title, "tree-100000", { setup, status: 404, contentLength: undefined, isForFloor: false }),
    ...at(MISSING, 100_000),
  };
}

/** What a feature costs that other servers have in another form or not at all: Heddle compared with itself. */
function alone(setup: Setup): readonly Case[] {
  const fields = setup === "auth" ? [CREDENTIALS] : [];
  const choice = { setup, fields, peers: HEDDLE } as const;
  return [
    files(`files-100000-${setup}`, `100,000 files, ${setup.replace("-", " ")}`, "tree-100000", choice),
    { ...missing(`missing-${setup}`, `paths not found, ${setup.replace("-", " ")}`, setup), ...choice },
  ];
}

function at(pattern: string, count: number): Pick<Case, "target" | "paths"> {
  const target = pattern.replace("{a}", "000").replace("{b}", "000").replace("{n}", "100000000");
  return { target, paths: { pattern, count, hostCount: 0 } };
}
