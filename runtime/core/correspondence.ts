import type { MessageType } from "../wire/message-type.js";
import type { ConnectionEvent } from "./connection-types.js";
import { RnpError } from "./error.js";
import { Outstanding, type Waiting } from "./outstanding.js";
import type { TrafficMeter } from "./traffic-meter.js";

/**
 * What this side of a connection has asked and is owed: requests until their answers come, acknowledged
 * messages until their acknowledgements do. Each ends in exactly one `settled` or `failed` event.
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

  /** Whatever still comes for this message is dropped. */
  forget(id: string): void {
    this.#outstanding.take(id);
  }

  acknowledged(now: number, ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#outstanding.get(id)?.awaits !== "acknowledgement") continue;
      this.#settle(now, this.#outstanding.take(id)!, undefined);
    }
  }

  /** Whether a message is the answer to a request of ours; it then settles the request. */
  answered(now: number, type: MessageType, replyTo: string | undefined, data: unknown): boolean {
    const waiting =
      replyTo === undefined
        ? this.#outstanding.takeByNaturalKey(type.type, data as Record<string, unknown>)
        : this.#outstanding.take(replyTo);
    if (waiting === undefined) return false;
    if (waiting.type.answer?.type === type.type) this.#settle(now, waiting, data);
    else this.#fail(waiting, this.#wrongAnswer(waiting, type));
    return true;
  }

  /** Whether an error is about a message of ours that waits; it then fails that message. */
  refused(id: string, error: RnpError): boolean {
    const waiting = this.#outstanding.take(id);
    if (waiting !== undefined) this.#fail(waiting, error);
    return waiting !== undefined;
  }

  failOverdue(now: number): void {
    for (let due = this.#outstanding.takeDue(now); due; due = this.#outstanding.takeDue(now)) {
      const { type, awaits, timeoutMs } = due;
      const text = `no ${awaits} of ${type.type} came within ${Math.round(timeoutMs)} ms`;
      const details = { timeout_ms: Math.ceil(timeoutMs) };
      this.#fail(
        due,
        new RnpError("TIMEOUT", text, { details, peer: this.#peer, outcome: "unknown" }),
      );
    }
  }

  /** The connection is gone: nobody can tell what became of the rest. */
  failAll(): void {
    for (const waiting of this.#outstanding.takeAll()) {
      const text = `the connection to ${this.#peer} ended before ${waiting.type.type} was settled`;
      const lost = new RnpError("UNAVAILABLE", text, { peer: this.#peer, outcome: "unknown" });
      this.#fail(waiting, lost);
    }
  }

  #settle(now: number, { id, type, sentAt }: Waiting, data: unknown): void {
    this.#meter.of(type.type).roundTrip.record(now - sentAt);
    this.#emit({ kind: "settled", id, data });
  }

  #fail({ id }: Waiting, error: RnpError): void {
    this.#emit({ kind: "failed", id, error });
  }

  #wrongAnswer({ type }: Waiting, got: MessageType): RnpError {
    const expected = type.answer?.type ?? "ack";
    return new RnpError("PROTOCOL_ERROR", `${type.type} was answered with ${got.type}`, {
      details: { expected, got: got.type },
      peer: this.#peer,
      outcome: "unknown",
    });
  }
}
