import { FS_REPLICATE } from "../../generated/messages/fs/replicate.js";
import { INSTANCE_STOPPED } from "../../generated/messages/instance/stopped.js";
import type { ChannelHeading } from "../../runtime/core/delivery/sending/heading.js";
import {
  type ChannelPromise,
  OutgoingMessage,
} from "../../runtime/core/delivery/sending/outgoing.js";
import { RetryBudget } from "../../runtime/core/delivery/sending/retry-budget.js";
import { SendChannel } from "../../runtime/core/delivery/sending/send-channel.js";
import type { ChannelReport, ChannelWire } from "../../runtime/core/delivery/sending/wire.js";
import { RnpError } from "../../runtime/core/error.js";
import { TrafficMeter } from "../../runtime/core/traffic-meter.js";
import type { MessageType } from "../../runtime/wire/message-type.js";

export const ORDERED: MessageType = INSTANCE_STOPPED as MessageType;
export const UNORDERED: MessageType = FS_REPLICATE as MessageType;
export const EPOCH = 1000;
export const LOST = new RnpError("UNAVAILABLE", "the connection was lost", { outcome: "unknown" });

/** A copy of a message on its way. */
export interface Copy {
  readonly seq: number;
  readonly floor: number;
  readonly epoch: number;
  readonly id: string;
  readonly isOnce: boolean;
  readonly type: MessageType;
  readonly data: unknown;
}

/** A connection that keeps what is sent on it. */
export class KeepingWire implements ChannelWire {
  hasRoom = true;
  readonly sent: Copy[] = [];
  #waiting: (() => void)[] = [];
  readonly #epochOf: () => number;

  constructor(epochOf: () => number) {
    this.#epochOf = epochOf;
  }

  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number {
    if (data === "faulty") throw new RnpError("PROTOCOL_ERROR", "the data is faulty");
    const { seq, floor, isOnce } = heading;
    const id = new DataView(new ArrayBuffer(40));
    heading.putId(id, 0);
    const text = Buffer.from(id.buffer, 0, 36).toString();
    this.sent.push({ seq, floor, epoch: this.#epochOf(), id: text, isOnce, type, data });
    return 100;
  }

  awaitRoom(wake: () => void): void {
    this.#waiting.push(wake);
  }

  /** There is room again. */
  drain(): void {
    this.hasRoom = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The places of what has been sent since the last call. */
  take(): number[] {
    return this.sent.splice(0).map(({ seq }) => seq);
  }
}

/** What became of a message: once at most. */
export class Fates {
  readonly all = new Map<unknown, string>();

  tokenOf(name: unknown) {
    const end = (fate: string) => {
      if (this.all.has(name)) throw new Error(`${String(name)} ended twice`);
      this.all.set(name, fate);
    };
    return {
      settled: () => end("delivered"),
      failed: ({ code, outcome }: RnpError) => end(`${code} ${outcome}`),
    };
  }
}

export interface Given {
  readonly type?: MessageType;
  readonly promise?: ChannelPromise;
  readonly giveUpAt?: number;
}

/** A sending channel at work: what it sends, and what its callers hear. */
export class Sending {
  readonly fates = new Fates();
  readonly channel: SendChannel;
  readonly messages = new Map<unknown, OutgoingMessage>();
  wire: KeepingWire;
  now = 0;

  constructor(idSeed = "00000000-0000-4000-8000-000000000000") {
    const options = {
      name: "control",
      peer: "node-2",
      budget: new RetryBudget(),
      meter: new TrafficMeter(),
    };
    this.channel = new SendChannel({ ...options, epoch: EPOCH, idSeed });
    this.wire = this.#newWire();
  }

  /** On a first connection. */
  static attached(): Sending {
    const sending = new Sending();
    sending.attach();
    return sending;
  }

  attach(report?: Partial<ChannelReport>, peerBootEpochMs = 1, beganAt = this.now): void {
    this.wire = this.#newWire();
    const whole = report && { channel: "control", epoch: EPOCH, seq: 0, ...report };
    this.channel.attach(this.now, this.wire, whole, String(peerBootEpochMs), beganAt);
  }

  give(
    name: unknown,
    { type = ORDERED, promise = "at-least-once", giveUpAt = 30_000 }: Given = {},
  ): void {
    const token = this.fates.tokenOf(name);
    const message = new OutgoingMessage(type, name, undefined, promise, giveUpAt, token);
    this.messages.set(name, message);
    this.channel.accept(this.now, message);
  }

  giveAll(...names: unknown[]): void {
    for (const name of names) this.give(name);
  }

  ack(seq: number, beyond?: number[]): void {
    this.channel.acknowledged(this.now, this.channel.epoch, seq, beyond);
    this.channel.pump();
  }

  refuse(copy: Copy, error: RnpError): void {
    this.channel.refused(this.now, copy.id, error);
  }

  /** Time passes, jumping from one wake-up to the next. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.channel.wakeAt <= end) {
      this.now = Math.max(this.now, this.channel.wakeAt);
      this.channel.handleTimeout(this.now);
    }
    this.now = end;
  }

  fate(name: unknown): string | undefined {
    return this.fates.all.get(name);
  }

  #newWire(): KeepingWire {
    return new KeepingWire(() => this.channel.epoch);
  }
}
