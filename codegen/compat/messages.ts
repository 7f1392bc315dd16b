import type { Message } from "../model.js";
import type { Place } from "../schema.js";
import { Compared } from "./compared.js";
import { judgeBodies } from "./fields.js";
import { MESSAGE_RULES } from "./message/index.js";
import { judgeSource } from "./source.js";
import type { Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

/** What follows from the message types having changed. */
export function judgeMessages(versions: Versions, compared = new Compared()): readonly Verdict[] {
  const before = new Map(versions.old.model.messages.map((message) => [message.type, message]));
  const after = new Map(versions.now.model.messages.map((message) => [message.type, message]));
  const gone = [...before.values()].filter(({ type }) => !after.has(type));
  return [
    ...gone.map((message) => removed(message)),
    ...[...after.values()].flatMap((message) => {
      const old = before.get(message.type);
      return old === undefined ? [added(message)] : judged(old, message, versions, compared);
    }),
  ];
}

function judged(
  old: Message,
  now: Message,
  versions: Versions,
  compared: Compared,
): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  for (const rule of MESSAGE_RULES) {
    rule(old, now, (place, judgement) => {
      verdicts.push({ ...judgement, file: now.source, place });
    });
  }
  const root: Place = { file: now.source, pointer: "", schema: {} };
  return [
    ...verdicts,
    ...judgeBodies(old.body, now.body, root, versions, compared),
    ...judgeSource(old.body, now.body, root, versions, compared),
  ];
}

function removed({ type, source }: Message): Verdict {
  return {
    rule: "message-removed",
    effect: "reader",
    breaks: true,
    file: source,
    place: "",
    text: "is gone",
    why: `Old peers may send ${type}, which this version does not know, and programs that use it no longer compile.`,
    instead: "Keep it, mark it as deprecated, and say in the description what to use instead.",
  };
}

function added({ type, source }: Message): Verdict {
  return {
    rule: "message-added",
    effect: "writer",
    breaks: false,
    file: source,
    place: "",
    text: "has come",
    why: `Old peers answer ${type} with PROTOCOL_ERROR where they are asked, and drop it elsewhere.`,
    instead: "See that senders bear that.",
  };
}
