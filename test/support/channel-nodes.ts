import { INSTANCE_STOPPED } from "../../generated/messages/instance/stopped.js";
import { Journal } from "../../runtime/core/delivery/keeping/journal.js";
import { Sessions } from "../../runtime/core/delivery/receiving/sessions.js";
import {
  type ChannelPromise,
  OutgoingMessage,
} from "../../runtime/core/delivery/sending/outgoing.js";
import { RetryBudget } from "../../runtime/core/delivery/sending/retry-budget.js";
import { SendChannel } from "../../runtime/core/delivery/sending/send-channel.js";
import type { RnpError } from "../../runtime/core/error.js";
import { TrafficMeter } from "../../runtime/core/traffic-meter.js";
import type { MessageType } from "../../runtime/wire/message-type.js";
import { Fates, LOST } from "./channel-pair.js";
import { MemoryDisk } from "./memory-disk.js";
import { MemoryStore } from "./memory-store.js";
import { Pair } from "./pair.js";

export const STOPPED = {
  instance_id: "inst-1",
  exit_code: 0,
  reason: "terminated",
  runtime_seconds: 1,
};
const STORE_ID = "16fd2706-8baf-433b-82eb-8c7fada847da";
const STOPPED_TYPE = INSTANCE_STOPPED as MessageType;

export interface Sent {
  readonly type?: MessageType;
  /** Default: at-least-once. */
  readonly promise?: ChannelPromise;
}

/** A node that sends in one channel to another, over one connection after the other. */
export class Nodes {
  readonly sessions: Sessions;
  readonly fates = new Fates();
  readonly channel: SendChannel;
  pair!: Pair;
  readonly #store: MemoryStore | undefined;

  /** `isDurable`: the receiver has a store, and the channel is kept in it. */
  constructor(isDurable = false) {
    this.#store = isDurable ? new MemoryStore(new MemoryDisk(STORE_ID)) : undefined;
    this.sessions = new Sessions(undefined, this.#store && new Journal(this.#store));
    this.channel = new SendChannel({
      name: "control",
      peer: "controller-1",
      epoch: 1000,
      idSeed: "11111111-0000-4000-8000-000000000000",
      budget: new RetryBudget(),
      meter: new TrafficMeter(),
      isDurable,
    });
  }

  connect(): this {
    const server = { store: this.#store?.identity };
    this.pair = Pair.open({ sessions: this.sessions, server });
    this.pair.client.connection.carry(this.pair.now, this.channel);
    return this;
  }

  cut(): void {
    this.pair.client.connection.fail(LOST);
    this.pair.client.connection.release(this.pair.now, LOST);
    this.pair.server.connection.handleEnd();
  }

  /** The connection is lost, and there is another. */
  reconnect(): void {
    this.cut();
    this.connect();
    this.pair.settle();
  }

  give(name: string, { type = STOPPED_TYPE, promise = "at-least-once" }: Sent = {}): void {
    const token = this.fates.tokenOf(name);
    const data = { ...STOPPED, instance_id: name };
    const message = new OutgoingMessage(type, data, undefined, promise, 30_000, token);
    this.channel.accept(this.pair.now, message);
  }

  /** The receiver refuses what it was given first on this connection, and its sender hears of it unless `isLost`. */
  async refuseFirst(error: RnpError, { isLost = false } = {}): Promise<void> {
    const { server } = this.pair;
    this.pair.isCut = isLost;
    server.connection.replies.refuse(server.messages[0]!, error);
    await new Promise(setImmediate); // What is durable is so a little later.
    this.pair.settle();
  }

  /** What the receiver was given on the present connection. */
  get received(): string[] {
    return this.pair.server.messages.map(({ data }) => (data as typeof STOPPED).instance_id);
  }
}
