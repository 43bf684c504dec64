// The opener that works everywhere, which notes each path that it is asked for.
import { createOpener } from "../../files/containment.ts";
import type { Opener } from "../../files/opener.ts";
import type { Lesson } from "./lesson.ts";

export function tellingOpener(root: string, lesson: Lesson): Opener {
  const opener = createOpener(root);
  return {
    ...opener,
    open: async (path) => {
      const opened = await opener.open(path);
      lesson.looked(`open(${JSON.stringify(path)}, O_RDONLY)`, opened.kind === "file" ? `${opened.fd}` : opened.kind);
      return opened;
    },
  };
}
