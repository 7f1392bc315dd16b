import type { ErrorData } from "../../generated/messages/error.js";
import type { MessageType } from "../wire/message-type.js";
import type { ConnectionEvent } from "./connection-types.js";
import { RnpError } from "./error.js";
import type { MessageKey } from "./message-ids.js";
import { Outstanding, type Waiting } from "./outstanding.js";
import { errorOf } from "./peer-error.js";
import type { TrafficMeter } from "./traffic-meter.js";

/**
 * What this side of a connection has asked and is owed: requests until their answers come, streams until
 * their ends, acknowledged messages until their acknowledgements do. Each ends in exactly one `settled` or
 * `failed` event.
 */
export class Correspondence {
  readonly #outstanding = new Outstanding();
  readonly #peer: string;
  readonly #meter: TrafficMeter;
  readonly #emit: (event: ConnectionEvent) => void;

  constructor(peer: string, meter: TrafficMeter, emit: (event: ConnectionEvent) => void) {
    this.#peer = peer;
    this.#meter = meter;
    this.#emit = emit;
  }

  get size(): number {
    return this.#outstanding.size;
  }

  get nextDeadlineAt(): number {
    return this.#outstanding.nextDeadlineAt ?? Number.POSITIVE_INFINITY;
  }

  expect(waiting: Waiting): void {
    this.#outstanding.add(waiting);
  }

  get(key: MessageKey): Waiting | undefined {
    return this.#outstanding.get(key);
  }

  /** Whatever still comes for this message is dropped. */
  forget(key: MessageKey): Waiting | undefined {
    return this.#outstanding.take(key);
  }

  acknowledged(now: number, keys: Iterable<MessageKey>): void {
    for (const key of keys) {
      if (this.#outstanding.get(key)?.awaits !== "acknowledgement") continue;
      this.#settle(now, this.#outstanding.take(key)!, undefined);
    }
  }

  /**
   * Whether a message is the answer to a request of ours, or an item of its stream.
   *
   * @throws RnpError `FLOW_CONTROL_ERROR` for an item that nobody gave credit for
   */
  answered(now: number, type: MessageType, key: MessageKey | undefined, data: unknown): boolean {
    const waiting = this.#waitingFor(type, key, data);
    if (waiting === undefined) return false;
    if (waiting.type.stream?.type === type.type) this.#take(waiting, data);
    else {
      this.#outstanding.take(waiting.key);
      if (waiting.type.answer?.type === type.type) this.#settle(now, waiting, data);
      else this.#fail(waiting, this.#wrongAnswer(waiting, type));
    }
    return true;
  }

  /** The other side has ended a stream: well, or with an error. */
  ended(now: number, key: MessageKey, error: ErrorData | undefined): void {
    if (this.#outstanding.get(key)?.awaits !== "end of the stream") return;
    const waiting = this.#outstanding.take(key)!;
    if (error === undefined) this.#settle(now, waiting, undefined);
    else this.#fail(waiting, errorOf(error, this.#peer));
  }

  /** Whether an error is about a message of ours that waits; it then fails that message. */
  refused(key: MessageKey, error: RnpError): boolean {
    const waiting = this.#outstanding.take(key);
    if (waiting !== undefined) this.#fail(waiting, error);
    return waiting !== undefined;
  }

  /** The message that is overdue for longest; it is forgotten, and has to be failed. */
  takeOverdue(now: number): Waiting | undefined {
    return this.#outstanding.takeDue(now);
  }

  /** Nothing came in time. `wasSent` is false where the message never left for want of credit. */
  timedOut(waiting: Waiting, wasSent: boolean): void {
    const { type, awaits, timeoutMs } = waiting;
    const text = wasSent
      ? `no ${awaits} of ${type.type} came within ${Math.round(timeoutMs)} ms`
      : `${type.type} waited ${Math.round(timeoutMs)} ms for credit: ${this.#peer} is too slow`;
    this.#fail(
      waiting,
      new RnpError("TIMEOUT", text, {
        details: { timeout_ms: Math.ceil(timeoutMs) },
        peer: this.#peer,
        outcome: wasSent ? "unknown" : "not-delivered",
      }),
    );
  }

  /** The connection is gone: nobody can tell what became of those that left. */
  failAll(wasSent: (waiting: Waiting) => boolean): void {
    for (const waiting of this.#outstanding.takeAll()) {
      const outcome = wasSent(waiting) ? "unknown" : "not-delivered";
      const text = `the connection to ${this.#peer} ended before ${waiting.type.type} was settled`;
      this.#fail(waiting, new RnpError("UNAVAILABLE", text, { peer: this.#peer, outcome }));
    }
  }

  #waitingFor(type: MessageType, key: MessageKey | undefined, data: unknown): Waiting | undefined {
    if (key !== undefined) return this.#outstanding.get(key);
    return this.#outstanding.takeByNaturalKey(type.type, data as Record<string, unknown>);
  }

  #take(waiting: Waiting, data: unknown): void {
    if (waiting.itemCredit <= 0) throw uninvited(waiting.type);
    waiting.itemCredit -= 1;
    this.#emit({ kind: "item", token: waiting.token, data });
  }

  #settle(now: number, { key, type, token, sentAt }: Waiting, data: unknown): void {
    this.#meter.of(type.type).roundTrip.record(now - sentAt);
    this.#emit({ kind: "settled", key, token, data });
  }

  #fail({ key, token }: Waiting, error: RnpError): void {
    this.#emit({ kind: "failed", key, token, error });
  }

  #wrongAnswer({ type }: Waiting, got: MessageType): RnpError {
    const expected = type.answer?.type ?? type.stream?.type ?? "ack";
    return new RnpError("PROTOCOL_ERROR", `${type.type} was answered with ${got.type}`, {
      details: { expected, got: got.type },
      peer: this.#peer,
      outcome: "unknown",
    });
  }
}

function uninvited({ type, stream }: MessageType): RnpError {
  const text = `${type}: expected no ${stream!.type} before the next stream.credit, got one`;
  const details = { message_type: stream!.type };
  return new RnpError("FLOW_CONTROL_ERROR", text, { details, outcome: "rejected" });
}
