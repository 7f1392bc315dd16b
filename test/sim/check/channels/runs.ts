import type { Occurrence, Place, Promised } from "../../world/occurrence.js";
import { Checker } from "../checker.js";
import { EffectBook, type EffectState, type KeptEffect } from "./effect-book.js";

type Of<Kind extends Occurrence["kind"]> = Extract<Occurrence, { kind: Kind }>;

/** A handler that was given a message. */
export interface Run {
  readonly message: Message;
  /** Which life of the receiver. */
  readonly life: number;
  readonly place: Place | undefined;
  /** How it came to its end; `undefined` while it has not. */
  end: Of<"handled"> | undefined;
  /** What it did to its node's disk; `undefined`: nothing. */
  effect: KeptEffect | undefined;
}

/** A message that was given to be delivered, and all that became of it so far. */
export interface Message {
  readonly call: number;
  readonly from: string;
  /** Which life of the sender. */
  readonly life: number;
  readonly to: string;
  readonly channel: string;
  readonly promise: Promised;
  readonly isOrdered: boolean;
  readonly runs: Run[];
  /** The connections that its copies left by. */
  readonly connections: Set<number>;
  settled: Of<"settled"> | undefined;
  /** Its peer knows no channels. */
  isById: boolean;
  /** Whether it is to survive the process of its sender. */
  readonly isKept: boolean;
  /** Whether somebody in the process of its sender waits for it. */
  readonly isAwaited: boolean;
  /** When whoever waits for it is to hear of it, at the latest. */
  readonly deadline: number;
  /** The effect that it was committed with. */
  readonly cause: number | undefined;
}

/** Keeps the books of messages in channels, one for all rules of a world to look things up in. */
export class Runs {
  #last: Occurrence | undefined;
  #lastRun: Run | undefined;
  readonly #messages = new Map<number, Message>();
  readonly #lives = new Map<string, number>();
  /** By connection and end: which life of the node has it. */
  readonly #livesOn = new Map<string, number>();
  readonly #effects = new EffectBook();

  /** Whether it may have had an effect. */
  static mayHaveActed({ end, message, effect }: Run): boolean {
    if (message.promise !== "exactly-once") return end?.hasActed !== false;
    // A transaction is all that a handler does for such a message.
    return effect !== undefined && !IS_NOT.has(effect.state);
  }

  get all(): IterableIterator<Message> {
    return this.#messages.values();
  }

  get(call: number): Message | undefined {
    return this.#messages.get(call);
  }

  /** Which life of a node it is now. */
  lifeOf(node: string): number {
    return this.#lives.get(node) ?? 0;
  }

  /** Which life of `node` has, or had, this connection. */
  lifeOn(connection: number, node: string): number {
    return this.#livesOn.get(`${connection} ${node}`) ?? 0;
  }

  /** The effect of this number, wherever it is. */
  effect(number: number): KeptEffect | undefined {
    return this.#effects.get(number);
  }

  /** Takes note of what happens. Gives the run that has begun or ended by it, where one has. */
  note(occurrence: Occurrence): Run | undefined {
    if (occurrence !== this.#last) {
      this.#last = occurrence;
      this.#lastRun = this.#note(occurrence);
    }
    return this.#lastRun;
  }

  #note(occurrence: Occurrence): Run | undefined {
    this.#effects.note(occurrence);
    switch (occurrence.kind) {
      case "open":
        this.#livesOn.set(
          `${occurrence.connection} ${occurrence.node}`,
          this.lifeOf(occurrence.node),
        );
        return undefined;
      case "effect":
        this.#acted(occurrence);
        return undefined;
      case "started":
        this.#lives.set(occurrence.node, occurrence.life);
        return undefined;
      case "call":
        this.#called(occurrence);
        return undefined;
      case "copy":
        this.#messages.get(occurrence.call)!.connections.add(occurrence.connection);
        return undefined;
      case "by-id":
        this.#messages.get(occurrence.call)!.isById = true;
        return undefined;
      case "run":
        return this.#begun(occurrence);
      case "handled":
        return this.#ended(occurrence);
      case "settled": {
        const message = this.#messages.get(occurrence.call);
        if (message !== undefined) message.settled = occurrence;
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #called(called: Of<"call">): void {
    const { call, verb, node, life, to, channel, promise, isOrdered, cause } = called;
    if (verb !== "deliver" && verb !== "keep") return;
    const facts = { channel: channel!, promise: promise!, isOrdered: isOrdered! };
    const deadline = called.deadline ?? Number.POSITIVE_INFINITY;
    const isKept = verb === "keep" || promise === "exactly-once";
    this.#messages.set(call, {
      ...{ call, from: node, life, to, ...facts },
      ...{ isKept, isAwaited: verb === "deliver", deadline, cause },
      ...{ runs: [], connections: new Set(), settled: undefined, isById: false },
    });
  }

  #begun({ call, node, place }: Of<"run">): Run | undefined {
    const message = this.#messages.get(call);
    if (message === undefined) return undefined;
    const run: Run = { message, life: this.lifeOf(node), place, end: undefined, effect: undefined };
    message.runs.push(run);
    return run;
  }

  #acted({ call, effect }: Of<"effect">): void {
    const run = this.#messages.get(call)?.runs.findLast((each) => each.end === undefined);
    if (run !== undefined) run.effect = this.#effects.get(effect);
  }

  #ended(end: Of<"handled">): Run | undefined {
    const run = this.#messages.get(end.call)?.runs.findLast((each) => each.end === undefined);
    if (run !== undefined) run.end = { ...end, isFinal: end.isFinal || isLast(run.message, end) };
    return run;
  }
}

/** Whatever its error says: what may run only once has had its run where that may have had an effect. */
function isLast({ promise }: Message, { hasActed }: Of<"handled">): boolean {
  return promise !== "at-least-once" && hasActed;
}

/** States of an effect that is as if it had never been, and of which nobody was told. */
const IS_NOT: ReadonlySet<EffectState> = new Set<EffectState>(["lost", "undone"]);

/** A rule of messages in channels. */
export abstract class ChannelChecker extends Checker {
  protected readonly runs: Runs;

  constructor(runs: Runs) {
    super();
    this.runs = runs;
  }
}
