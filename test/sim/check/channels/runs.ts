import type { Occurrence, Place, Promised } from "../../world/occurrence.js";
import { Checker } from "../checker.js";

type Of<Kind extends Occurrence["kind"]> = Extract<Occurrence, { kind: Kind }>;

/** A handler that was given a message. */
export interface Run {
  readonly message: Message;
  /** Which life of the receiver. */
  readonly life: number;
  readonly place: Place | undefined;
  /** How it came to its end; `undefined` while it has not. */
  end: Of<"handled"> | undefined;
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
}

/** Keeps the books of messages in channels, one for all rules of a world to look things up in. */
export class Runs {
  #last: Occurrence | undefined;
  #lastRun: Run | undefined;
  readonly #messages = new Map<number, Message>();
  readonly #lives = new Map<string, number>();

  /** Whether it may have had an effect. */
  static mayHaveActed({ end }: Run): boolean {
    return end?.hasActed !== false;
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

  /** Takes note of what happens. Gives the run that has begun or ended by it, where one has. */
  note(occurrence: Occurrence): Run | undefined {
    if (occurrence !== this.#last) {
      this.#last = occurrence;
      this.#lastRun = this.#note(occurrence);
    }
    return this.#lastRun;
  }

  #note(occurrence: Occurrence): Run | undefined {
    switch (occurrence.kind) {
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

  #called({ call, verb, node, life, to, channel, promise, isOrdered }: Of<"call">): void {
    if (verb !== "deliver") return;
    const facts = { channel: channel!, promise: promise!, isOrdered: isOrdered! };
    this.#messages.set(call, {
      ...{ call, from: node, life, to, ...facts },
      ...{ runs: [], connections: new Set(), settled: undefined, isById: false },
    });
  }

  #begun({ call, node, place }: Of<"run">): Run | undefined {
    const message = this.#messages.get(call);
    if (message === undefined) return undefined;
    const run: Run = { message, life: this.lifeOf(node), place, end: undefined };
    message.runs.push(run);
    return run;
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

/** A rule of messages in channels. */
export abstract class ChannelChecker extends Checker {
  protected readonly runs: Runs;

  constructor(runs: Runs) {
    super();
    this.runs = runs;
  }
}
