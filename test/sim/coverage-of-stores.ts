import type { Occurrence } from "./world/occurrence.js";

type Predicate = (what: Occurrence) => boolean;

/** States of what is to survive a crash that are seldom reached, for one world. */
export function storeStates(): Record<string, Predicate> {
  return {
    "a handler sends in its transaction": (what) =>
      what.kind === "call" && what.cause !== undefined,
    "a message of an earlier process is sent": sentByAnother(),
    "a message of an outbox is given up": ({ kind }) => kind === "undelivered",
    "a process finds an outbox that is not empty": (what) =>
      what.kind === "kept" && what.outbox.length > 0,
    "an effect is durable, and its process never heard of it": effectFound(true),
    "an effect is lost with its process": effectFound(false),
    "a sender finds that its store was lost or set back": (what) =>
      what.kind === "forgotten" && what.by === "sender",
    "a sender finds that the store of its peer was lost or set back": (what) =>
      what.kind === "forgotten" && what.by === "receiver",
  };
}

function sentByAnother(): Predicate {
  const lives = new Map<number, number>();
  return (what) => {
    if (what.kind === "call") lives.set(what.call, what.life);
    return what.kind === "copy" && what.life > lives.get(what.call)!;
  };
}

/** What became of an effect whose process crashed before it was told to be durable. */
function effectFound(isThere: boolean): Predicate {
  const open = new Map<number, string>();
  return (what) => {
    if (what.kind === "effect") open.set(what.effect, what.node);
    else if (what.kind === "durable") open.delete(what.effect);
    if (what.kind !== "kept") return false;
    const found = new Set(what.effects.map(([, effect]) => effect));
    return [...open].some(([effect, node]) => node === what.node && found.has(effect) === isThere);
  };
}
