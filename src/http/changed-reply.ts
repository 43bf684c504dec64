// Replies that are another's with a change, for one request. What is refused keeps its code, which logs and counts go by.
import type { Content, ContentStream, Reply } from "./message.ts";

/** The same reply, with these fields and this content. */
export function changedReply({ status, code }: Reply, fields: string, content: Reply["content"]): Reply {
  return code === undefined ? { status, fields, content } : { status, fields, content, code };
}

/** The same content, which calls back once when its reply is over, however it ended. */
export function whenOver(content: Content | ContentStream, callback: () => void): Content | ContentStream {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    callback();
  };
  if (content.kind === "content") {
    const { onRelease } = content;
    return {
      ...content,
      onRelease: () => {
        onRelease?.();
        end();
      },
    };
  }
  const release = (): void => {
    content.release?.();
    end();
  };
  return { kind: "stream", chunks: content.chunks, release };
}
