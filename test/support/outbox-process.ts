import { MESSAGES } from "../../generated/dispatch.js";
import {
  INSTANCE_STOPPED,
  type InstanceStopped,
} from "../../generated/messages/instance/stopped.js";
import { KeptSend } from "../../runtime/core/delivery/keeping/kept-send.js";
import { Outbox, type Undelivered } from "../../runtime/core/delivery/keeping/outbox.js";
import type { OutgoingMessage } from "../../runtime/core/delivery/sending/outgoing.js";
import type { Side } from "../../runtime/core/delivery/sending/reconcile.js";
import { RetryBudget } from "../../runtime/core/delivery/sending/retry-budget.js";
import { SendChannel } from "../../runtime/core/delivery/sending/send-channel.js";
import type { ChannelReport } from "../../runtime/core/delivery/sending/wire.js";
import { TrafficMeter } from "../../runtime/core/traffic-meter.js";
import { type Copy, Fates, KeepingWire } from "./channel-pair.js";
import type { MemoryDisk } from "./memory-disk.js";
import { MemoryStore, type MemoryStoreOptions } from "./memory-store.js";

const DAY_MS = 86_400_000;
const STORE = "the peer's store";

export function stopped(exit_code: number): InstanceStopped {
  return { instance_id: "inst-1", exit_code, reason: "terminated", runtime_seconds: 1 };
}

/** All promises that can settle have. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** One process of a sender with a store, whose disk outlives it. */
export class Process {
  readonly fates = new Fates();
  readonly undelivered: Undelivered[];
  /** Who has forgotten, each time that the channel found one side so. */
  readonly forgotten: Side[];
  readonly store: MemoryStore;
  readonly channel: SendChannel;
  readonly #outbox: Outbox;
  wire: KeepingWire;
  now = 0;

  private constructor(
    store: MemoryStore,
    outbox: Outbox,
    undelivered: Undelivered[],
    forgotten: Side[],
  ) {
    this.store = store;
    this.undelivered = undelivered;
    this.forgotten = forgotten;
    this.#outbox = outbox;
    const ledger = outbox.channel({ peer: "node-2", channel: "control.once" }, "control");
    const { epoch, idSeed } = ledger.kept;
    const [budget, meter] = [new RetryBudget(), new TrafficMeter()];
    const where = { name: "control.once", peer: "node-2", budget, meter };
    this.channel = new SendChannel({ ...where, epoch, idSeed, ledger, isDurable: true });
    this.wire = new KeepingWire(() => this.channel.epoch);
  }

  static async start(
    disk: MemoryDisk,
    unixTimeMs = 1000,
    options: MemoryStoreOptions = {},
  ): Promise<Process> {
    const store = new MemoryStore(disk, options);
    const undelivered: Undelivered[] = [];
    const forgotten: Side[] = [];
    const outbox = new Outbox(
      {
        store,
        host: {
          unixTimeMs: () => unixTimeMs,
          newMessageId: () => "00000000-0000-4000-8000-000000000000",
          newNonce: () => "",
        },
        messages: MESSAGES,
        onUndelivered: (each) => undelivered.push(each),
        onForgotten: (_, by) => forgotten.push(by),
      },
      await store.load(),
      0,
    );
    return new Process(store, outbox, undelivered, forgotten);
  }

  /** Sends a message when it is durable, and so many turns of promises later; gives the commit. */
  async give(
    code: number,
    { timeoutMs = DAY_MS, isAwaited = true, lateness = 0 } = {},
  ): Promise<void> {
    const place = this.#outbox.channel({ peer: "node-2", channel: "control.once" }, "control");
    const fields = { type: INSTANCE_STOPPED, data: stopped(code), meta: undefined };
    const waiter = isAwaited ? this.fates.tokenOf(code) : undefined;
    const { message, batch } = this.#outbox.put(
      place,
      this.now,
      { ...fields, promise: "exactly-once", timeoutMs },
      waiter,
    );
    const line = {
      accept: (each: OutgoingMessage) => this.channel.accept(this.now, each),
      cancel: (each: OutgoingMessage) => this.channel.cancel(this.now, each),
    };
    const kept = new KeptSend(message, batch, place.departures, line);
    if (isAwaited) this.#outbox.awaitUntil(this.now + timeoutMs, kept);
    await this.store.commit(batch);
    for (let count = 0; count < lateness; count++) await undefined;
    kept.dispatch();
  }

  async attach(report?: Partial<ChannelReport>, memory = STORE): Promise<void> {
    this.wire = new KeepingWire(() => this.channel.epoch);
    const { epoch, name: channel } = this.channel;
    const whole = report && { channel, epoch, seq: 0, ...report };
    this.channel.attach(this.now, this.wire, whole, memory);
    await settled();
  }

  /** What has left: code, place and floor of each. */
  get sent(): number[][] {
    return this.wire.sent.map(({ data, seq, floor }: Copy) => [
      (data as InstanceStopped).exit_code,
      seq,
      floor,
    ]);
  }

  ack(seq: number, beyond?: number[]): void {
    this.channel.acknowledged(this.now, this.channel.epoch, seq, beyond);
    this.channel.pump();
  }

  advance(ms: number): void {
    this.now += ms;
    this.channel.handleTimeout(this.now);
    this.#outbox.handleTimeout(this.now);
  }

  /** As `advance`, where nobody looks after the channel. */
  expire(ms: number): void {
    this.now += ms;
    this.#outbox.handleTimeout(this.now);
  }

  /** When somebody who waits is to hear, at the latest. */
  get wakeAt(): number {
    return this.#outbox.wakeAt;
  }
}
