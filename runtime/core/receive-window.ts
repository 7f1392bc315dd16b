import { PROTOCOL } from "../../generated/protocol.js";
import { RnpError } from "./error.js";

const { initial_window_bytes: SIZE_INITIAL, max_window_bytes: SIZE_MAX } = PROTOCOL.flow;

/**
 * What we let the peer send. Each byte of the window is in one of three places, and they always add up:
 *
 * ```
 *   credit (may still come) + unsettled (a handler has it) + returnable (done, not granted again) = size
 * ```
 *
 * Credit returns when the handler has settled, not when bytes were read, so a node never holds more
 * unfinished work of one peer than the window and one message. (`schema/SPEC.md`, Flow control.)
 */
export class ReceiveWindow {
  #size: number = SIZE_INITIAL;
  #credit: number = SIZE_INITIAL;
  #unsettled = 0;
  #returnable = 0;
  #received = 0;
  #isEnforced = false;

  /** Whether it may still grow. */
  get canGrow(): boolean {
    return this.#isEnforced && this.#size < SIZE_MAX;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether messages have been settled for which credit was not granted again. */
  get hasReturnable(): boolean {
    return this.#returnable > 0;
  }

  /** Bytes of messages that handlers have not settled. */
  get unsettledSize(): number {
    return this.#unsettled;
  }

  /** Bytes of all messages that cost credit, since the beginning. */
  get receivedSize(): number {
    return this.#received;
  }

  /** From here on a peer that sends without credit is at fault. Before, only counts are kept. */
  enforce(): void {
    this.#isEnforced = true;
  }

  /** Whether the peer has no credit left to start a message. */
  get isExhausted(): boolean {
    return this.#isEnforced && this.#credit <= 0;
  }

  /** @throws RnpError `FLOW_CONTROL_ERROR` where the peer had no credit left to start a message of `type` */
  assertCredit(type: string): void {
    if (this.isExhausted) throw overrun(type, this.#credit);
  }

  /** A message that costs credit has come. */
  charge(bytes: number): void {
    this.#credit -= bytes;
    this.#unsettled += bytes;
    this.#received += bytes;
  }

  /** A message has been settled. */
  release(bytes: number): void {
    this.#unsettled -= bytes;
    this.#returnable += bytes;
  }

  /** Bytes to grant now; 0 where it can wait, so that a grant is worth a message. */
  takeGrant(): number {
    if (!this.#isEnforced || this.#returnable < this.#threshold()) return 0;
    const bytes = this.#returnable;
    this.#returnable = 0;
    this.#credit += bytes;
    return bytes;
  }

  /**
   * What the peer sent within one round trip. If that was most of the window, the peer was waiting for
   * credit and not for its application, so the window doubles, as long as our handlers keep up. (The same
   * estimate as gRPC's bandwidth-delay product.)
   */
  measured(bytesPerRoundTrip: number): boolean {
    const isStarved = bytesPerRoundTrip >= this.#size * STARVED_SHARE;
    const keepsUp = this.#unsettled <= this.#size / 2;
    if (!isStarved || !keepsUp) return false;
    const size = Math.min(SIZE_MAX, 2 * Math.max(this.#size, bytesPerRoundTrip));
    this.#returnable += size - this.#size;
    this.#size = size;
    return true;
  }

  /** The less credit is left, the smaller a grant is worth sending. */
  #threshold(): number {
    if (this.#credit <= 0) return 1;
    return this.#credit > this.#size / 4 ? this.#size / 2 : this.#size / 8;
  }
}

/** Of the window: more than this within a round trip means that credit was short. */
const STARVED_SHARE = 2 / 3;

function overrun(type: string, credit: number): RnpError {
  const text = `${type}: expected none before the next window.update, got one at a credit of ${credit} bytes`;
  const details = { message_type: type, credit_bytes: credit };
  return new RnpError("FLOW_CONTROL_ERROR", text, { details, outcome: "rejected" });
}
