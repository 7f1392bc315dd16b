import type { KeptSend } from "../../../runtime/core/delivery/keeping/kept-send.js";
import type { StoreBatch } from "../../../runtime/core/delivery/keeping/store.js";
import type {
  DeliveryToken,
  KeptPromise,
} from "../../../runtime/core/delivery/sending/outgoing.js";
import { toRnpError } from "../../../runtime/core/error.js";
import type { Plan } from "../plan.js";
import type { World } from "../world/world.js";
import type { CallNumbers } from "./caller.js";
import type { Courier } from "./courier.js";
import type { Life } from "./life.js";
import { chunkOf, handoverOf, type Made } from "./messages.js";
import type { SimStore } from "./sim-store.js";

/** A message that has its place in the outbox, and its call. */
export interface Planned {
  readonly call: number;
  readonly send: KeptSend;
}

/** What an application sends in transactions: nobody waits for it, and it survives the process. */
export class Keeper {
  readonly store: SimStore;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #life: Life;
  readonly #courier: Courier;
  readonly #numbers: CallNumbers;
  readonly #others: readonly string[];

  constructor(
    world: World,
    plan: Plan,
    life: Life,
    courier: Courier,
    numbers: CallNumbers,
    store: SimStore,
  ) {
    this.store = store;
    this.#world = world;
    this.#plan = plan;
    this.#life = life;
    this.#courier = courier;
    this.#numbers = numbers;
    this.#others = plan.nodes.filter((node) => node !== life.node);
  }

  /** Sends something to somebody, in a transaction of its own. */
  sendSomething(): void {
    const planned = this.plan();
    if (planned.length > 0) this.commitAlone(planned);
  }

  /**
   * Gives a message to somebody its place; `cause` is the effect that it is committed with. None, where the process
   * takes nothing new any more.
   */
  plan(cause?: number): Planned[] {
    if (this.#courier.isClosed) return [];
    const { dice } = this.#world;
    const call = this.#numbers.next();
    const isOrdered = dice.oneIn(2);
    const made = isOrdered ? handoverOf(call) : chunkOf(call, dice.bytes(dice.magnitude(1, 500)));
    const promise = dice.oneIn(2) ? "at-least-once" : "exactly-once";
    const to = dice.pick(this.#others);
    const channel = dice.pick(this.#plan.channels);
    const timeoutMs = dice.magnitude(dice.oneIn(8) ? 1 : 2000, 10_000);
    const about = { call, verb: "keep", deadline: undefined, cause } as const;
    return [{ call, send: this.keep(about, to, channel, made, promise, timeoutMs) }];
  }

  /** Gives a message its place in the outbox; `waiter` hears what becomes of it. */
  keep(
    about: {
      readonly call: number;
      readonly verb: "deliver" | "keep";
      readonly deadline: number | undefined;
      readonly cause?: number | undefined;
    },
    to: string,
    name: string,
    { type, data, digest }: Made,
    promise: KeptPromise,
    timeoutMs: number,
    waiter?: DeliveryToken,
  ): KeptSend {
    const { node, number: life } = this.#life;
    const channel = `${name}.${promise === "exactly-once" ? "once" : "kept"}`;
    const { isOrdered } = type;
    const facts = { node, life, to, connection: 0, digest, channel, promise, isOrdered };
    this.#world.tell({ kind: "call", ...about, ...facts });
    return this.#courier.keep(to, channel, { type, data, promise, timeoutMs }, waiter);
  }

  commitAlone(planned: readonly Planned[]): void {
    this.commit(planned, (batch) => this.store.commit(batch)).catch(() => {});
  }

  /** Lets `write` make messages durable, with whatever else it does, and sends them then. */
  async commit(
    planned: readonly Planned[],
    write: (batch: StoreBatch) => Promise<void>,
  ): Promise<void> {
    const outbox = planned.flatMap(({ send }) => send.batch.outbox ?? []);
    const sending = planned.flatMap(({ send }) => send.batch.sending ?? []);
    try {
      await write({ outbox, sending });
    } catch (thrown) {
      for (const { send } of planned) send.fail(toRnpError(thrown));
      throw thrown;
    }
    if (this.#life.isOver) return;
    const { node } = this.#life;
    for (const { call, send } of planned) {
      this.#world.tell({ kind: "accepted", call, node });
      send.dispatch();
    }
  }
}
