import type { Links } from "../link.js";
import { isMessageFile, messageTypeOf } from "../load.js";
import { type Schema, schemaAt, textsAt } from "../schema.js";

/** One message type as its file says it, before it is known to be sound. */
export interface Draft {
  readonly type: string;
  readonly file: string;
  readonly schema: Schema;
  readonly rnp: Schema;
}

/** All of them by the names of their types. */
export type Drafts = ReadonlyMap<string, Draft>;

/** Says what is wrong at a place in the file of a draft. */
export type Refuse = (draft: Draft, segments: readonly string[], text: string) => void;

/** The message types of all files. */
export function draftsOf(links: Links): Drafts {
  const files = [...links.files].filter(([file]) => isMessageFile(file));
  const drafts = files.map(([file, schema]): Draft => {
    return { type: messageTypeOf(file), file, schema, rnp: schemaAt(schema, "x-rnp") };
  });
  return new Map(drafts.map((draft) => [draft.type, draft]));
}

/** Whoever gets a request must be allowed to send what answers it, and the other way round. */
export function checkReply(
  draft: Draft,
  reply: Draft,
  word: "answer" | "item",
  refuse: Refuse,
): void {
  for (const [side, replySide] of OPPOSITES) {
    const allowed = textsAt(reply.rnp, replySide);
    const missing = textsAt(draft.rnp, side).filter((role) => !allowed.includes(role));
    if (missing.length === 0) continue;
    const text = `a ${missing.join(" or ")} is not in "${replySide}" of the ${word} ${reply.type}: add it there or remove it here`;
    refuse(draft, ["x-rnp", side], text);
  }
}

const OPPOSITES = [
  ["to", "from"],
  ["from", "to"],
] as const;
