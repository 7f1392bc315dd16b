import type { AckSink } from "../../runtime/core/delivery/receiving/ack-sink.js";
import type { ReceiveChannel } from "../../runtime/core/delivery/receiving/receive-channel.js";
import { ReceivedChannels } from "../../runtime/core/delivery/receiving/received-channels.js";
import { mayRunAgain } from "../../runtime/core/delivery/second-run.js";
import type { ChannelPromise } from "../../runtime/core/delivery/sending/outgoing.js";
import { RnpError } from "../../runtime/core/error.js";
import { type Copy, LOST, ORDERED, Sending, UNORDERED } from "./channel-pair.js";

/** One thing that happens. */
export type Step =
  | { readonly do: "send"; readonly kind: number }
  | { readonly do: "deliver" | "ack" | "cut" | "connect" | "crash" }
  | { readonly do: "finish"; readonly pick: number; readonly how: number }
  | { readonly do: "late" | "cancel"; readonly pick: number }
  | { readonly do: "wait"; readonly ms: number };

/** A message with its handler, or waiting for its turn. */
export interface InboundCopy {
  readonly data: unknown;
  readonly seq: number;
  readonly isOrdered: boolean;
  isHandled: boolean;
  /** Whether it had an effect: it was handled, or its handler was late. */
  hasActed: boolean;
}

interface Running extends InboundCopy {
  readonly id: string;
  readonly isOnce: boolean;
  readonly channel: ReceiveChannel;
  readonly life: number;
  drop(): void;
}

type Reply =
  | { readonly ack: ReturnType<ReceiveChannel["takeAck"]> }
  | { readonly refused: Copy | Running; readonly error: RnpError };

const BUSY = new RnpError("BACKPRESSURE", "not now", { outcome: "rejected" });
const NO = new RnpError("CONFLICT", "never", { outcome: "rejected" });
const LATE = new RnpError("TIMEOUT", "the handler took too long", { outcome: "unknown" });
/** It was refused so long ago that nobody knows why. */
const FORGOTTEN = new RnpError("INTERNAL_ERROR", "", { outcome: "unknown" });

/** A sender and a receiver, and between them connections that are lost and whose bytes come late. */
export class Schedule extends Sending {
  /** Every run of a handler, in the order in which they began. */
  readonly runs: InboundCopy[] = [];
  hasOverlapped = false;
  sentCount = 0;
  readonly #promises = new Map<number, ChannelPromise>();
  #received = new ReceivedChannels();
  /** Which life of the receiver. */
  #life = 1;
  #isConnected = false;
  #order = 0;
  #sink: AckSink | undefined;
  #due = new Set<ReceiveChannel>();
  #running: Running[] = [];
  #replies: Reply[] = [];
  /** What was on lost connections, each in its order. */
  #late: Copy[][] = [];

  promiseOf(name: number): ChannelPromise {
    return this.#promises.get(name)!;
  }

  take(step: Step): void {
    switch (step.do) {
      case "send":
        return this.#send(step.kind);
      case "deliver":
        return this.#deliver(this.wire.sent.shift());
      case "finish":
        return this.#finish(step.pick, step.how);
      case "ack":
        this.#writeAcks();
        return this.#takeReply();
      case "cut":
        return this.#cut();
      case "connect":
        return this.#connect();
      case "late":
        return this.#deliverLate(step.pick);
      case "wait":
        return this.advance(step.ms);
      case "cancel":
        return this.#cancel(step.pick);
      case "crash":
        return this.#crash();
    }
  }

  /** Everything works from now on, until all is settled. */
  finish(): void {
    for (let turn = 0; turn < 5000 && this.fates.all.size < this.sentCount; turn++) {
      this.#connect();
      this.#deliver(this.wire.sent.shift());
      this.#finish(0, 9);
      this.#writeAcks();
      this.#takeReply();
      if (turn % 50 === 49) this.advance(200);
    }
  }

  #send(kind: number): void {
    this.sentCount += 1;
    const promise = (kind & 1) === 0 ? "at-least-once" : "exactly-once-while-running";
    this.#promises.set(this.sentCount, promise);
    const type = kind < 2 ? ORDERED : UNORDERED;
    this.give(this.sentCount, { type, promise, giveUpAt: this.now + 20_000 });
  }

  #connect(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#order += 1;
    const sink: AckSink = {
      order: this.#order,
      isOpen: true,
      add: (channel) => void this.#due.add(channel),
      refuse: (message, error) => {
        if (this.#sink === sink) this.#replies.push({ refused: message as unknown as Copy, error });
      },
    };
    this.#sink = sink;
    this.attach(this.#received.report()[0], this.#life);
  }

  #cut(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    (this.#sink as { isOpen: boolean }).isOpen = false;
    this.#late.push(this.wire.sent.splice(0));
    this.#replies = [];
    this.#due.clear();
    this.channel.detach(this.now, LOST);
  }

  #crash(): void {
    this.#cut();
    this.#life += 1;
    this.#late = [];
    this.#running = [];
    this.#received = new ReceivedChannels();
  }

  /** Bytes of a lost connection that the receiver reads only now, from their beginning. */
  #deliverLate(pick: number): void {
    const copies = this.#late[pick % Math.max(1, this.#late.length)];
    const older = { ...this.#sink!, order: 0, isOpen: false };
    this.#deliver(copies?.shift(), older);
  }

  #deliver(copy: Copy | undefined, sink = this.#sink): void {
    if (copy === undefined || sink === undefined) return;
    let channel: ReceiveChannel;
    try {
      channel = this.#received.find("control", copy.epoch, copy.floor);
    } catch (thrown) {
      const error = thrown as RnpError;
      if (error.code === "SESSION_LOST") this.#replies.push({ refused: copy, error });
      return;
    }
    channel.moveTo(sink);
    const verdict = channel.judge(copy.seq, copy.floor, copy.type.isOrdered);
    if (verdict === "refused") {
      channel.sink!.refuse(copy as never, refusalOf(channel, copy.seq));
      channel.told(copy.seq);
    }
    if (verdict === "new") this.#begin(copy, channel);
  }

  #begin({ data, seq, id, isOnce, type }: Copy, channel: ReceiveChannel): void {
    const { isOrdered } = type;
    const facts = { data, seq, id, isOnce, isOrdered, channel, life: this.#life };
    const copy: Running = { ...facts, isHandled: false, hasActed: false, drop() {} };
    if (isOrdered && !channel.gate.enter()) channel.gate.queue(copy);
    else this.#run(copy);
  }

  #run(copy: Running): void {
    if (copy.isOrdered && this.#running.some(({ isOrdered }) => isOrdered))
      this.hasOverlapped = true;
    this.runs.push(copy);
    this.#running.push(copy);
  }

  /** A handler is done: well as a rule, else with one of three errors. */
  #finish(pick: number, how: number): void {
    if (this.#running.length === 0) return;
    const [copy] = this.#running.splice(pick % this.#running.length, 1);
    const { channel, seq, isOrdered } = copy!;
    copy!.hasActed = how > 1;
    const error = [NO, BUSY, LATE][how];
    if (error !== undefined) refuse(copy!, error);
    else {
      copy!.isHandled = true;
      channel.handled(seq);
    }
    const next = isOrdered ? (channel.gate.leave() as Running | undefined) : undefined;
    if (next !== undefined) this.#run(next);
  }

  #writeAcks(): void {
    if (!this.#isConnected) return;
    for (const channel of this.#due) {
      if (channel.sink === this.#sink) this.#replies.push({ ack: channel.takeAck() });
    }
    this.#due.clear();
  }

  #takeReply(): void {
    const reply = this.#replies.shift();
    if (reply === undefined || !this.#isConnected) return;
    if ("ack" in reply) {
      const { epoch = 0, seq = 0, beyond } = reply.ack;
      this.channel.acknowledged(this.now, epoch, seq, beyond);
      this.channel.pump();
    } else this.channel.refused(this.now, reply.refused.id, reply.error);
  }

  #cancel(pick: number): void {
    const open = [...this.messages].filter(([name]) => !this.fates.all.has(name));
    const [name, message] = open[pick % Math.max(1, open.length)] ?? [];
    if (message === undefined) return;
    const never = this.channel.cancel(this.now, message);
    this.fates.all.set(name, never ? "CANCELLED not-delivered" : "CANCELLED unknown");
  }
}

/** As `Replies` does it. */
function refuse(copy: Running, error: RnpError): void {
  const { channel, seq, isOrdered, isOnce } = copy;
  channel.sink?.refuse(copy as never, error);
  const promise = isOnce ? "exactly-once-while-running" : "at-least-once";
  if (mayRunAgain(promise, error)) channel.giveBack(seq, isOrdered);
  else channel.refuse(seq, error.code);
}

function refusalOf(channel: ReceiveChannel, seq: number): RnpError {
  const code = channel.codeOf(seq);
  return [NO, LATE].find((each) => each.code === code) ?? FORGOTTEN;
}
