import { type ChannelPromise, OutgoingMessage } from "../../../runtime/core/delivery/outgoing.js";
import { type RnpError, toRnpError } from "../../../runtime/core/error.js";
import type { Plan } from "../plan.js";
import type { World } from "../world/world.js";
import type { CallNumbers } from "./caller.js";
import type { Courier } from "./courier.js";
import type { Life } from "./life.js";
import type { Line } from "./line.js";
import { chunkOf, handoverOf, type Made } from "./messages.js";

/** The application of a node that sends to others in channels, and sometimes more than it should. */
export class Sender {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #life: Life;
  readonly #courier: Courier;
  readonly #numbers: CallNumbers;
  readonly #others: readonly string[];
  #isStopped = false;

  constructor(world: World, plan: Plan, life: Life, courier: Courier, numbers: CallNumbers) {
    this.#world = world;
    this.#plan = plan;
    this.#life = life;
    this.#courier = courier;
    this.#numbers = numbers;
    this.#others = plan.nodes.filter((node) => node !== life.node);
    if (plan.habits.has("channels")) this.#sendLater();
  }

  /** Sends nothing new any more. */
  stop(): void {
    this.#isStopped = true;
  }

  #sendLater(): void {
    this.#life.after(this.#world.dice.exponential(this.#plan.sendMeanMs), () => {
      if (this.#isStopped) return;
      this.#sendSome();
      this.#sendLater();
    });
  }

  #sendSome(): void {
    const { dice } = this.#world;
    const { habits } = this.#plan;
    const to = dice.pick(this.#others);
    const channel = dice.pick(this.#plan.channels);
    if (this.#plan.floods && dice.oneIn(FLOOD_RARITY)) return this.#flood(to, channel);
    const count = habits.has("bursts") && dice.oneIn(4) ? 2 + dice.below(30) : 1;
    for (let index = 0; index < count; index++) {
      this.#send(to, channel, this.#plan.deadlineMaxMs, this.#plan.payloadSizeMax);
    }
  }

  /** More than the window of a channel has room for. */
  #flood(to: string, channel: string): void {
    const count = FLOOD_COUNT + this.#world.dice.below(100);
    for (let index = 0; index < count; index++) this.#send(to, channel, 5000, 20);
  }

  #send(to: string, channel: string, deadlineMaxMs: number, sizeMax: number): void {
    const { dice } = this.#world;
    const { habits } = this.#plan;
    const number = this.#numbers.next();
    const isOrdered = dice.chance(channel === "bulk" ? 0.1 : 0.75);
    const made = isOrdered
      ? handoverOf(number)
      : chunkOf(number, dice.bytes(dice.magnitude(1, sizeMax)));
    const promise = dice.oneIn(2) ? "at-least-once" : "exactly-once-while-running";
    const timeoutMs = dice.magnitude(dice.oneIn(4) ? 1 : 500, deadlineMaxMs);
    const sent = new Sent(this.#world, this.#life, number);
    sent.begin(this.#courier, to, channel, made, promise, timeoutMs);
    if (habits.has("cancels") && dice.oneIn(6)) {
      this.#life.after(dice.exponential(100), () => sent.cancel());
    }
  }
}

/** One message in a channel, and what its sender hears of it. */
class Sent {
  readonly #world: World;
  readonly #life: Life;
  readonly #number: number;
  #message: OutgoingMessage | undefined;
  #line: Line | undefined;
  #isOver = false;

  constructor(world: World, life: Life, number: number) {
    this.#world = world;
    this.#life = life;
    this.#number = number;
  }

  begin(
    courier: Courier,
    to: string,
    channel: string,
    { type, data, digest }: Made,
    promise: ChannelPromise,
    timeoutMs: number,
  ): void {
    const { now, node, number: life } = this.#life;
    const deadline = now + timeoutMs;
    const { isOrdered } = type;
    this.#world.tell({
      ...{ kind: "call", call: this.#number, verb: "deliver", node, life, to, connection: 0 },
      ...{ deadline, digest, channel, promise, isOrdered },
    });
    const message = new OutgoingMessage(type, data, undefined, promise, deadline, this);
    this.#message = message;
    try {
      this.#line = courier.deliver(to, channel, message);
    } catch (thrown) {
      this.failed(toRnpError(thrown));
    }
  }

  /** Gives up. */
  cancel(): void {
    if (this.#isOver || this.#line === undefined) return;
    // What goes by its id is not cancelled here.
    if (this.#message!.isOver) return;
    this.#isOver = true;
    const outcome = this.#line.cancel(this.#message!) ? "not-delivered" : "unknown";
    this.#world.tell({ kind: "settled", call: this.#number, by: "caller", outcome });
  }

  settled(): void {
    this.#isOver = true;
    const told = { by: "acknowledgement", outcome: "delivered" } as const;
    this.#world.tell({ kind: "settled", call: this.#number, ...told });
  }

  failed({ code, outcome }: RnpError): void {
    this.#isOver = true;
    this.#world.tell({ kind: "settled", call: this.#number, by: "error", outcome, code });
  }
}

/** Above the 1,024 that may be unsettled at once. */
const FLOOD_COUNT = 1050;
const FLOOD_RARITY = 30;
