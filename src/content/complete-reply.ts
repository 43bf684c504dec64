// A reply with the fields that the site wants for its path, where the reply is not a file's.
import type { PathPolicy } from "../features/fields/path-policy.ts";
import { DEFAULT_POLICY } from "../features/fields/path-policy.ts";
import type { Reply } from "../http/message.ts";

/** For a reply that is made for one request. @param isError whether nothing of the path is sent or done */
export function completeReply(
  { status, fields, content }: Reply,
  policy: PathPolicy,
  isError: boolean = status >= 400,
): Reply {
  return { status, fields: policy.complete(fields, isError), content };
}

/** For a reply that many requests share: the same reply gives the same object, which lets the engine keep its head. */
export function completeSharedReply(reply: Reply, policy: PathPolicy): Reply {
  if (policy === DEFAULT_POLICY) return reply;
  const known = completions.get(policy);
  if (known?.from === reply) return known.reply;
  const made = completeReply(reply, policy);
  completions.set(policy, { from: reply, reply: made });
  return made;
}

/** The same reply, with the code of what it refuses; shared as the reply is. */
export function refusedReply(reply: Reply, code: string): Reply {
  const known = refusals.get(reply);
  if (known?.code === code) return known;
  const { status, fields, content } = reply;
  const made = { status, fields, content, code };
  refusals.set(reply, made);
  return made;
}

/** A reply is mostly sent for one reason. */
const refusals = new WeakMap<Reply, Reply>();

/** A path has one policy, and mostly one reply of this kind: the last is kept as long as the policy. */
const completions = new WeakMap<PathPolicy, { readonly from: Reply; readonly reply: Reply }>();
