import { channelStates } from "./coverage-of-channels.js";
import { storeStates } from "./coverage-of-stores.js";
import type { Occurrence } from "./world/occurrence.js";
import type { Witness } from "./world/trace.js";

type Predicate = (what: Occurrence) => boolean;

/** States that are seldom reached and where faults like to hide. Worlds that never get there prove little. */
const STATES: Readonly<Record<string, Predicate>> = {
  "a message waits for credit": (what) =>
    what.kind === "state" && what.credit <= 0 && what.queued > 0,
  "a window grows": (what) => what.kind === "state" && what.window > 65_536,
  "nobody counts credit": (what) =>
    what.kind === "state" && what.credit === Number.POSITIVE_INFINITY,
  "a call times out after it has left": (what) => hasFailed(what, "TIMEOUT", "unknown"),
  "a call times out before it has left": (what) => hasFailed(what, "TIMEOUT", "not-delivered"),
  "a call is lost with its connection": (what) => hasFailed(what, "UNAVAILABLE", "unknown"),
  "a call never left a lost connection": (what) => hasFailed(what, "UNAVAILABLE", "not-delivered"),
  "a call is cancelled after it has left": (what) => wasCancelled(what, "unknown"),
  "a call is cancelled before it has left": (what) => wasCancelled(what, "not-delivered"),
  "a handler hears that its caller cancelled": ({ kind }) => kind === "cancelled",
  "a handler fails": (what) => what.kind === "handled" && !what.well,
  "a refusal comes too late": (what) => what.kind === "refused" && what.by === "peer",
  "a stream ends well": (what) => what.kind === "settled" && what.by === "end",
  "a stream is not supported": (what) => hasFailed(what, "UNSUPPORTED", "not-delivered"),
  "a greeting takes too long": (what) => what.kind === "closed" && what.code === "TIMEOUT",
  "a silent peer is given up": (what) =>
    what.kind === "closed" && what.reason?.includes("did not answer a ping") === true,
  "a connection ends with a goodbye": (what) => what.kind === "closed" && what.code === undefined,
  "a process finds its disk again": (what) => what.kind === "started" && what.disk,
  "a process is held up": ({ kind }) => kind === "paused",
  "a clock jumps": ({ kind }) => kind === "clock",
  "a node leaves": ({ kind }) => kind === "left",
  "a disk fails": (what) => what.kind === "disk" && what.event === "failed",
  "a disk is lost": (what) => what.kind === "disk" && what.event === "replaced",
  "a disk is rolled back": (what) => what.kind === "disk" && what.event === "rolled-back",
};

/** For one world: some look at what came before. */
function allStates(): Record<string, Predicate> {
  return { ...STATES, ...channelStates(), ...storeStates() };
}

/** Counts in how many worlds each of the rare states was reached. */
export class Coverage implements Witness {
  readonly #counts = new Map(Object.keys(allStates()).map((name) => [name, 0]));
  #missing = new Map(Object.entries(allStates()));

  /** Another world begins. */
  next(): void {
    this.#missing = new Map(Object.entries(allStates()));
  }

  see(_at: number, what: Occurrence): void {
    for (const [name, isReached] of this.#missing) {
      if (!isReached(what)) continue;
      this.#missing.delete(name);
      this.#counts.set(name, this.#counts.get(name)! + 1);
    }
  }

  entries(): IterableIterator<[name: string, worldCount: number]> {
    return this.#counts.entries();
  }
}

function hasFailed(what: Occurrence, code: string, outcome: string): boolean {
  return what.kind === "settled" && what.code === code && what.outcome === outcome;
}

function wasCancelled(what: Occurrence, outcome: string): boolean {
  return what.kind === "settled" && what.by === "caller" && what.outcome === outcome;
}
