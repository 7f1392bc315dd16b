import type { ReceiveChannel } from "../../../runtime/core/delivery/receiving/receive-channel.js";
import { RnpError, toRnpError } from "../../../runtime/core/error.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { Plan } from "../plan.js";
import type { World } from "../world/world.js";
import type { Effects } from "./effects.js";
import type { Life } from "./life.js";
import { answerOf, contentOf, contentOfItem, isHandled, itemOf } from "./messages.js";
import type { SimLink } from "./sim-link.js";
import { Task } from "./task.js";

/** The application of a node that is called: what `HandlerTable` does, with handlers that do anything. */
export class Handlers {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #life: Life;
  readonly #effects: Effects;
  #isCalm = false;
  readonly #tasks = new Map<InboundMessage, Task>();

  constructor(world: World, plan: Plan, life: Life, effects: Effects) {
    this.#world = world;
    this.#plan = plan;
    this.#life = life;
    this.#effects = effects;
  }

  handle(link: SimLink, message: InboundMessage): void {
    const { node, now } = this.#life;
    // An answer, or an item, for somebody who has given up.
    if (!isHandled(message.type)) return link.settle(message);
    const { call, digest } = contentOf(message.type, message.data);
    const at = { call, node, connection: link.number };
    const task = new Task(link, message, call, this.#drop);
    const { place } = task;
    this.#world.tell({ kind: "arrived", ...at, bytes: message.size, digest, place });
    const { deadlineAt } = message;
    if (deadlineAt !== undefined && deadlineAt <= now) {
      return this.#refuse(task, "TIMEOUT", "rejected");
    }
    if (message.isTurnedAway) return task.drop();
    if (task.gate === undefined || task.gate.enter()) this.#begin(task);
    else task.gate.queue(task);
  }

  /** The sender of `message` does not wait for it any more. */
  cancel({ number }: SimLink, message: InboundMessage): void {
    const { call } = contentOf(message.type, message.data);
    this.#world.tell({ kind: "cancelled", call, connection: number });
    const task = this.#tasks.get(message);
    if (task === undefined) return;
    task.isUnwanted = true;
    // Some heed it at once, some go on.
    if (task.isWaiting || this.#world.dice.oneIn(2)) return this.#finish(task);
    if (message.deadlineAt === undefined) this.#expireIn(task, this.#plan.handlerTimeoutMs);
  }

  /** The connection is lost; nothing can be said any more. */
  abandon(link: SimLink): void {
    for (const task of this.#tasks.values()) {
      // What has a place in a channel is asked for on the next connection.
      if (task.link === link && task.place === undefined) this.#forget(task);
    }
  }

  /** There may be room for items. */
  room(link: SimLink): void {
    for (const task of this.#tasks.values()) {
      if (task.link === link && task.isWaiting) this.#produce(task);
    }
  }

  /** From now on none hangs. */
  calm(): void {
    this.#isCalm = true;
    for (const task of this.#tasks.values()) {
      if (task.isHanging) this.#refuse(task, "INTERNAL_ERROR", "unknown");
    }
  }

  #begin(task: Task): void {
    const { dice } = this.#world;
    const { habits } = this.#plan;
    const handlerMeanMs = this.#isCalm ? 1 : this.#plan.handlerMeanMs;
    this.#tasks.set(task.message, task);
    const { link, message, call, place } = task;
    const { node } = this.#life;
    this.#world.tell({ kind: "run", call, node, connection: link.number, place });
    const expiresIn = (message.deadlineAt ?? Number.POSITIVE_INFINITY) - this.#life.now;
    const isStream = message.type.stream !== undefined;
    if (expiresIn < Number.POSITIVE_INFINITY) this.#expireIn(task, expiresIn);
    else if (!isStream) this.#expireIn(task, this.#plan.handlerTimeoutMs);
    task.isHanging = !this.#isCalm && habits.has("hanging-handlers") && dice.oneIn(20);
    if (task.isHanging) return;
    task.itemCount = dice.below(16);
    if (dice.oneIn(2)) return this.#work(task);
    this.#after(task, dice.exponential(handlerMeanMs), () => this.#work(task));
  }

  #work(task: Task): void {
    const { dice } = this.#world;
    const { habits } = this.#plan;
    const { message } = task;
    if (habits.has("busy-handlers") && message.requiresAck && dice.oneIn(3)) {
      return this.#refuse(task, "BACKPRESSURE", "rejected");
    }
    if (habits.has("failing-handlers") && dice.oneIn(5)) {
      if (dice.oneIn(2)) return this.#refuse(task, "CONFLICT", "rejected");
      return this.#refuse(task, "INTERNAL_ERROR", "unknown");
    }
    if (message.type.stream !== undefined) return this.#produce(task);
    if (message.channel?.isDurable === true) return this.#transact(task, message.channel);
    if (message.requiresAck) return this.#record(task);
    this.#finish(task);
  }

  /**
   * A transaction in which all that the handler does comes to its end: its effect, the record of its message and
   * what it sends are one commit, and what comes after it in its channel need not wait for that.
   */
  #transact(task: Task, channel: ReceiveChannel): void {
    const { link, message } = task;
    const { replies } = link.connection;
    const written = this.#effects.haveBy(task.call, (batch) => {
      const kept = channel.keepHandled(message.seq, batch);
      message.isKept = true;
      return kept;
    });
    // Its sender may have begun another epoch, and counts it as lost.
    if (!message.isKept) this.#refuse(task, "SESSION_LOST", "rejected");
    else this.#conclude(task);
    written.then(
      () => {
        replies.settle(message);
        link.touched();
      },
      (thrown) => replies.refuse(message, toRnpError(thrown)),
    );
  }

  /** The handler is done; what it did is not durable yet. */
  #conclude(task: Task): void {
    this.#forget(task);
    this.#tellHandled(task, true);
    this.#passOn(task);
  }

  /** An effect that is to outlive a crash: acknowledged only once it is durable. */
  #record(task: Task): void {
    const life = this.#life;
    this.#effects.have(task.call).then(
      () => {
        if (!life.isOver) this.#finish(task);
      },
      () => {
        if (life.isOver || !this.#tasks.has(task.message)) return;
        this.#refuse(task, "INTERNAL_ERROR", "unknown");
      },
    );
  }

  #produce(task: Task): void {
    const { dice } = this.#world;
    const { link, message, call } = task;
    if (task.isUnwanted) return this.#finish(task);
    if (task.itemIndex === task.itemCount) return this.#finish(task);
    task.isWaiting = message.itemCredit <= 0 || link.isBackedUp;
    if (task.isWaiting) return;
    const bytes = dice.bytes(dice.magnitude(1, this.#plan.payloadSizeMax));
    const item = itemOf(call, task.itemIndex, bytes);
    this.#world.tell({ kind: "produced", call, ...contentOfItem(item) });
    task.itemIndex += 1;
    link.connection.replies.item(message, item);
    link.touched();
    this.#after(task, dice.oneIn(2) ? 0 : dice.exponential(10), () => this.#produce(task));
  }

  #finish(task: Task): void {
    if (!this.#tasks.has(task.message)) return;
    const { link, message } = task;
    const { replies } = link.connection;
    this.#forget(task);
    this.#tellHandled(task, true);
    if (task.isUnwanted) replies.settle(message);
    else if (message.type.stream !== undefined) replies.end(message, undefined);
    else if (message.type.answer === undefined) replies.settle(message);
    else this.#answer(task);
    link.touched();
    if (this.#plan.habits.has("answers-twice")) this.#sayAgain(task);
    this.#passOn(task);
  }

  #answer({ link, message, call }: Task): void {
    const { data, digest } = answerOf(call, `n-${this.#world.dice.below(1000)}`);
    this.#world.tell({ kind: "answered", call, digest });
    link.connection.replies.answer(message, data);
  }

  /** What is said of a message after it was settled has no effect. */
  #sayAgain({ link, message, call }: Task): void {
    const { replies } = link.connection;
    if (message.type.answer !== undefined) replies.answer(message, answerOf(call, "late").data);
    replies.settle(message);
    replies.refuse(message, new RnpError("INTERNAL_ERROR", "too late"));
  }

  #refuse(task: Task, code: Refusal, outcome: "rejected" | "unknown"): void {
    const { link, message } = task;
    this.#forget(task);
    const error = new RnpError(code, "the handler says no", { outcome });
    this.#tellHandled(task, false, outcome === "unknown", !error.retryable);
    if (task.isUnwanted) link.connection.replies.settle(message);
    else if (message.type.stream !== undefined) link.connection.replies.end(message, error);
    else link.connection.replies.refuse(message, error);
    link.touched();
    this.#passOn(task);
  }

  #tellHandled(task: Task, well: boolean, hasActed = true, isFinal = true): void {
    const { call, link } = task;
    const connection = link.number;
    this.#world.tell({ kind: "handled", call, connection, well, hasActed, isFinal });
  }

  /** The next of its channel may begin. */
  #passOn({ gate }: Task): void {
    const next = gate?.leave();
    if (next !== undefined) this.#begin(next);
  }

  /** It is sent again, behind one before it. */
  readonly #drop = ({ link, message, call }: Task): void => {
    link.connection.replies.drop(message);
    link.touched();
    this.#world.tell({ kind: "dropped", call, connection: link.number });
  };

  #after(task: Task, ms: number, act: () => void): void {
    task.step = this.#life.after(ms, act);
  }

  #expireIn(task: Task, ms: number): void {
    task.expiry?.cancel();
    task.expiry = this.#life.after(ms, () => this.#refuse(task, "TIMEOUT", "unknown"));
  }

  #forget(task: Task): void {
    task.step?.cancel();
    task.expiry?.cancel();
    this.#tasks.delete(task.message);
  }
}

type Refusal = "SESSION_LOST" | "TIMEOUT" | "INTERNAL_ERROR" | "CONFLICT" | "BACKPRESSURE";
