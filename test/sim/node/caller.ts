import { type RnpError, toRnpError } from "../../../runtime/core/error.js";
import type { MessageKey } from "../../../runtime/core/message-ids.js";
import type { Plan } from "../plan.js";
import type { Verb } from "../world/occurrence.js";
import type { World } from "../world/world.js";
import type { Life } from "./life.js";
import {
  beatOf,
  chunkOf,
  contentOfItem,
  digestOfAnswer,
  type Made,
  requestOf,
  streamOf,
} from "./messages.js";
import type { Peers } from "./peers.js";
import type { Awaiter, SimLink } from "./sim-link.js";

/** Numbers the calls of a whole world. */
export interface CallNumbers {
  next(): number;
}

/** The application of a node that calls others: often, at random, and not always to the end. */
export class Caller {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #life: Life;
  readonly #peers: Peers;
  readonly #numbers: CallNumbers;
  readonly #others: readonly string[];
  #isStopped = false;

  constructor(world: World, plan: Plan, life: Life, peers: Peers, numbers: CallNumbers) {
    this.#world = world;
    this.#plan = plan;
    this.#life = life;
    this.#peers = peers;
    this.#numbers = numbers;
    this.#others = plan.nodes.filter((node) => node !== life.node);
    this.#callLater();
  }

  /** Calls nobody any more; what was begun goes on to its end. */
  stop(): void {
    this.#isStopped = true;
  }

  #callLater(): void {
    this.#life.after(this.#world.dice.exponential(this.#plan.callMeanMs), () => {
      if (this.#isStopped) return;
      this.#callSome();
      this.#callLater();
    });
  }

  #callSome(): void {
    const { dice } = this.#world;
    const { habits } = this.#plan;
    const link = this.#peers.open(dice.pick(this.#others));
    if (link === undefined) return;
    const count = habits.has("bursts") && dice.oneIn(8) ? 2 + dice.below(40) : 1;
    const verb = dice.pick(VERBS);
    for (let index = 0; index < count; index++) {
      this.#call(link, dice.oneIn(4) ? dice.pick(VERBS) : verb);
    }
  }

  #call(link: SimLink, verb: Verb): void {
    if (link.isOverfull) return;
    const { dice } = this.#world;
    const { deadlineMaxMs, habits } = this.#plan;
    const hasDeadline = verb === "request" || verb === "acknowledged" || !dice.oneIn(3);
    const timeoutMs = hasDeadline ? dice.magnitude(1, deadlineMaxMs) : Number.POSITIVE_INFINITY;
    const call = new Call(this.#world, this.#life, link, this.#numbers.next(), verb);
    const id = habits.has("given-ids") && dice.oneIn(2) ? dice.uuid() : undefined;
    call.begin(this.#made(call), timeoutMs, id, habits.has("slow-readers"));
    if (call.isOver) return;
    if (habits.has("cancels") && dice.oneIn(4)) {
      this.#life.after(dice.exponential(100), () => call.cancel());
    }
    if (habits.has("leaves-streams") && dice.oneIn(2)) call.leaveAfter(dice.below(6));
  }

  #made({ verb, number }: Call): Made {
    const { dice } = this.#world;
    if (verb === "post") return beatOf(number);
    if (verb === "request") return requestOf(number);
    if (verb === "stream") return streamOf(number);
    return chunkOf(number, dice.bytes(dice.magnitude(1, this.#plan.payloadSizeMax)));
  }
}

const VERBS: readonly Verb[] = ["send", "post", "acknowledged", "request", "stream"];

/** One message of the workload, and what its caller hears of it. */
class Call implements Awaiter {
  readonly number: number;
  readonly verb: Verb;
  /** The caller waits for nothing any more. */
  isOver = false;
  readonly #world: World;
  readonly #life: Life;
  readonly #link: SimLink;
  #key: MessageKey | undefined;
  #leavesAfter = Number.POSITIVE_INFINITY;
  #readsSlowly = false;
  /** What was on its way to the caller when it gave up is for nobody. */
  #isCancelled = false;

  constructor(world: World, life: Life, link: SimLink, number: number, verb: Verb) {
    this.#world = world;
    this.#life = life;
    this.#link = link;
    this.number = number;
    this.verb = verb;
  }

  begin(made: Made, timeoutMs: number, id: string | undefined, readsSlowly: boolean): void {
    const { verb } = this;
    const { now, node, number: life } = this.#life;
    const isAwaited = verb !== "send" && verb !== "post";
    this.#readsSlowly = readsSlowly;
    this.#world.tell({
      ...{ kind: "call", call: this.number, verb, node, life, to: this.#link.peer },
      connection: this.#link.number,
      deadline: isAwaited && timeoutMs < Number.POSITIVE_INFINITY ? now + timeoutMs : undefined,
      digest: made.digest,
    });
    this.isOver = !isAwaited;
    try {
      this.#key = this.#send(made, timeoutMs, id);
    } catch (thrown) {
      this.failed(toRnpError(thrown));
    }
  }

  /** Gives up. */
  cancel(): void {
    if (this.isOver || this.#key === undefined) return;
    this.#isCancelled = true;
    this.isOver = true;
    const hadLeft = this.#link.cancel(this.#key);
    const outcome = hadLeft ? "unknown" : "not-delivered";
    this.#world.tell({ kind: "settled", call: this.number, by: "caller", outcome });
  }

  leaveAfter(itemCount: number): void {
    this.#leavesAfter = itemCount;
  }

  settled(data: unknown): void {
    if (this.#isCancelled) return;
    this.isOver = true;
    const { number: call, verb } = this;
    const outcome = "delivered";
    if (verb === "request") {
      const digest = digestOfAnswer(data as Parameters<typeof digestOfAnswer>[0]);
      this.#world.tell({ kind: "settled", call, by: "answer", outcome, digest });
    } else {
      const by = verb === "stream" ? "end" : "acknowledgement";
      this.#world.tell({ kind: "settled", call, by, outcome });
    }
  }

  failed({ code, outcome }: RnpError): void {
    if (this.#isCancelled) return;
    this.isOver = true;
    this.#world.tell({ kind: "settled", call: this.number, by: "error", outcome, code });
  }

  item(data: unknown): void {
    if (this.#isCancelled) return;
    this.#world.tell({ kind: "item", call: this.number, ...contentOfItem(data) });
    this.#leavesAfter -= 1;
    if (this.#leavesAfter < 0) return this.cancel();
    const grant = () => {
      if (!this.isOver) this.#link.grant(this.#key!, 1);
    };
    if (!this.#readsSlowly) return grant();
    this.#life.after(this.#world.dice.exponential(50), grant);
  }

  #send({ type, data }: Made, timeoutMs: number, id: string | undefined): MessageKey | undefined {
    const link = this.#link;
    const options = { timeoutMs, token: this, ...(id === undefined ? {} : { id }) };
    switch (this.verb) {
      case "request":
        return link.call("request", type, data, options);
      case "acknowledged":
        return link.call("sendForAck", type, data, options);
      case "stream":
        return link.stream(type as never, data, options, 1 + this.#world.dice.below(8));
      default:
        link.send(type, data, id);
        return undefined;
    }
  }
}
