import type { Plan } from "../plan.js";
import type { World } from "../world/world.js";
import type { CallNumbers } from "./caller.js";
import type { Courier } from "./courier.js";
import type { Keeper } from "./keeper.js";
import type { Life } from "./life.js";
import { chunkOf, handoverOf } from "./messages.js";
import { Sent } from "./sent.js";

/** The application of a node that sends to others in channels, and sometimes more than it should. */
export class Sender {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #life: Life;
  readonly #courier: Courier;
  readonly #numbers: CallNumbers;
  readonly #keeper: Keeper | undefined;
  readonly #others: readonly string[];
  #isStopped = false;

  /** `keeper`: for what survives the process, where the node has a store. */
  constructor(
    world: World,
    plan: Plan,
    life: Life,
    courier: Courier,
    numbers: CallNumbers,
    keeper: Keeper | undefined,
  ) {
    this.#world = world;
    this.#plan = plan;
    this.#life = life;
    this.#courier = courier;
    this.#numbers = numbers;
    this.#keeper = keeper;
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
    if (this.#keeper !== undefined && dice.oneIn(4)) return this.#keeper.sendSomething();
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
    const timeoutMs = dice.magnitude(dice.oneIn(4) ? 1 : 500, deadlineMaxMs);
    const sent = new Sent(this.#world, this.#life, number);
    if (this.#keeper !== undefined && dice.oneIn(3)) {
      sent.beginKept(this.#keeper, to, channel, made, timeoutMs);
    } else {
      const promise = dice.oneIn(2) ? "at-least-once" : "exactly-once-while-running";
      sent.begin(this.#courier, to, channel, made, promise, timeoutMs);
    }
    if (habits.has("cancels") && dice.oneIn(6)) {
      this.#life.after(dice.exponential(100), () => sent.cancel());
    }
  }
}

/** Above the 1,024 that may be unsettled at once. */
const FLOOD_COUNT = 1050;
const FLOOD_RARITY = 30;
