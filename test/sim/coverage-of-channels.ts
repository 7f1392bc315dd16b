import type { Occurrence } from "./world/occurrence.js";

type Predicate = (what: Occurrence) => boolean;

const WINDOW = 1024;

/** States of messages in channels that are seldom reached, for one world. */
export function channelStates(): Record<string, Predicate> {
  return {
    "a message is delivered by its id": ({ kind }) => kind === "by-id",
    "a session is lost": (what) => what.kind === "settled" && what.code === "SESSION_LOST",
    "an ordered message is turned away": ({ kind }) => kind === "dropped",
    "a message in a channel is refused for now": (what) => what.kind === "handled" && !what.isFinal,
    "a window is full": isWindowFull,
    "a message is sent again on another connection": sentElsewhere(),
    "a message is sent again after it was handled": sentAgainAfter((end) => end.well),
    "a message is handled again after a crash": handledAgain(),
    "a floor passes a gap": passesGap(),
    "an epoch follows another": followsEpoch(),
  };
}

function isWindowFull(what: Occurrence): boolean {
  return what.kind === "copy" && what.seq === what.floor + WINDOW - 1;
}

function sentElsewhere(): Predicate {
  const connections = new Map<number, number>();
  return (what) => {
    if (what.kind !== "copy") return false;
    const before = connections.get(what.call) ?? what.connection;
    connections.set(what.call, what.connection);
    return before !== what.connection;
  };
}

function sentAgainAfter(
  isMeant: (end: Extract<Occurrence, { kind: "handled" }>) => boolean,
): Predicate {
  const ended = new Set<number>();
  return (what) => {
    if (what.kind === "handled" && isMeant(what)) ended.add(what.call);
    return what.kind === "copy" && ended.has(what.call);
  };
}

function handledAgain(): Predicate {
  const counts = new Map<number, number>();
  return (what) => {
    if (what.kind !== "handled" || !what.well) return false;
    const count = (counts.get(what.call) ?? 0) + 1;
    counts.set(what.call, count);
    return count > 1;
  };
}

/** What was given up lies between what was settled and what the floor of a later message says. */
function passesGap(): Predicate {
  const places = new Map<number, string>();
  const gaps = new Map<string, number>();
  return (what) => {
    if (what.kind === "settled" && what.outcome === "unknown") {
      const [channel, seq] = places.get(what.call)?.split("#") ?? [];
      if (channel !== undefined) gaps.set(channel, Number(seq));
    }
    if (what.kind !== "copy") return false;
    const { node, life, to, channel, epoch, seq, floor, call } = what;
    const name = `${node} ${life} ${to} ${channel} ${epoch}`;
    places.set(call, `${name}#${seq}`);
    return floor > (gaps.get(name) ?? Number.POSITIVE_INFINITY);
  };
}

function followsEpoch(): Predicate {
  const epochs = new Map<string, number>();
  return (what) => {
    if (what.kind !== "copy") return false;
    const name = `${what.node} ${what.life} ${what.to} ${what.channel}`;
    const before = epochs.get(name) ?? what.epoch;
    epochs.set(name, what.epoch);
    return before !== what.epoch;
  };
}
