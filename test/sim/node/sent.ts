import type { KeptSend } from "../../../runtime/core/delivery/keeping/kept-send.js";
import {
  type ChannelPromise,
  OutgoingMessage,
} from "../../../runtime/core/delivery/sending/outgoing.js";
import { type RnpError, toRnpError } from "../../../runtime/core/error.js";
import type { World } from "../world/world.js";
import type { Courier } from "./courier.js";
import type { Keeper } from "./keeper.js";
import type { Life } from "./life.js";
import type { Line } from "./line.js";
import type { Made } from "./messages.js";

/** One message in a channel, and what its sender hears of it. */
export class Sent {
  readonly #world: World;
  readonly #life: Life;
  readonly #number: number;
  #message: OutgoingMessage | undefined;
  #kept: KeptSend | undefined;
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

  /** The same for what survives the process; `keeper` is that of the node. */
  beginKept(keeper: Keeper, to: string, channel: string, made: Made, timeoutMs: number): void {
    const deadline = this.#life.now + timeoutMs;
    const about = { call: this.#number, verb: "deliver", deadline } as const;
    try {
      this.#kept = keeper.keep(about, to, channel, made, "exactly-once", timeoutMs, this);
    } catch (thrown) {
      return this.failed(toRnpError(thrown));
    }
    keeper.commitAlone([{ call: this.#number, send: this.#kept }]);
  }

  /** Gives up. */
  cancel(): void {
    if (this.#kept !== undefined) return this.#cancelKept(this.#kept);
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

  /** It may be sent until that it is not wanted is durable. */
  #cancelKept(kept: KeptSend): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#world.tell({ kind: "settled", call: this.#number, by: "caller", outcome: "unknown" });
    kept.cancel();
  }
}
