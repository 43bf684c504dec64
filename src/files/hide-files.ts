// Hides files of a root that are for the server and not for its visitors: they cannot be opened, and listings leave
// them out. Names that begin with a dot are refused before any opener is asked (content/resolve.ts).
import type { Opened, Opener } from "./opener.ts";

const MISSING: Opened = { kind: "missing" };

/** @param isHidden whether a path below the root is never served */
export function hideFiles(opener: Opener, isHidden: (path: string) => boolean): Opener {
  return {
    ...opener,
    open: async (path) => (isHidden(path) ? MISSING : await opener.open(path)),
    ...(opener.openAtOnce && {
      openAtOnce: (path, how) => (isHidden(path) ? MISSING : opener.openAtOnce!(path, how)),
    }),
    isHidden,
  };
}
