import { PING } from "../../generated/messages/ping.js";
import { WINDOW_UPDATE } from "../../generated/messages/window/update.js";
import type { Host } from "./host.js";
import type { MessageKey } from "./message-ids.js";
import type { Outbound } from "./outbound.js";
import type { ReceiveWindow } from "./receive-window.js";

/** Of the highest bandwidth: what a larger window has to bring to be worth it. */
const FASTER_MIN = 1.1;
/** Of the clocks that are in use; shorter round trips count as so long. */
const CLOCK_RESOLUTION_MS = 0.005;
/** After this many round trips without growth the window fits, and is measured less often. */
const FRUITLESS_MAX = 4;
/** How often it is then measured: once for so many grants. */
const GRANTS_PER_MEASUREMENT = 16;

interface Probe {
  readonly key: MessageKey;
  readonly sentAt: number;
  /** What had been received by then. */
  readonly receivedSize: number;
}

/**
 * Returns credit to the peer, and measures beside some of the grants whether the window is too small: a
 * `ping` goes with the grant, and what comes until its `pong` is what the peer sends in a round trip.
 *
 * A window grows only as long as data comes faster for it. Once the link or either node is at its limit, more
 * credit would but fill buffers, and everything would wait longer in them. (As gRPC estimates the product of
 * bandwidth and delay.)
 */
export class CreditReturn {
  readonly #window: ReceiveWindow;
  readonly #outbound: Outbound;
  readonly #host: Host;
  /** The `ping` under way, and what had been received when it was sent. */
  #probe: Probe | undefined;
  /** What came between a `ping` and its `pong`, until it is judged. */
  #measured: { readonly size: number; readonly ms: number } | undefined;
  /** The highest that was measured, in bytes per ms. */
  #bandwidthMax = 0;
  #fruitlessCount = 0;
  #grantCount = 0;

  constructor(window: ReceiveWindow, outbound: Outbound, host: Host) {
    this.#window = window;
    this.#outbound = outbound;
    this.#host = host;
  }

  /** Grants what is worth a message by now. */
  grant(now: number): void {
    if (this.#measured !== undefined && this.#window.hasReturnable) this.#judge(this.#measured);
    const bytes = this.#window.takeGrant();
    if (bytes === 0) return;
    this.#outbound.write(WINDOW_UPDATE, { bytes });
    this.#grantCount += 1;
    if (this.#isMeasurementDue()) this.#measure(now);
  }

  /** Whether a `pong` answers our measurement. */
  answered(now: number, key: MessageKey | undefined): boolean {
    const probe = this.#probe;
    if (probe === undefined || key !== probe.key) return false;
    this.#probe = undefined;
    const size = this.#window.receivedSize - probe.receivedSize;
    this.#measured = { size, ms: now - probe.sentAt };
    return true;
  }

  #isFaster(size: number, ms: number): boolean {
    const bandwidth = size / Math.max(ms, CLOCK_RESOLUTION_MS);
    if (bandwidth <= this.#bandwidthMax * FASTER_MIN) return false;
    this.#bandwidthMax = Math.max(bandwidth, this.#bandwidthMax);
    return true;
  }

  /**
   * Whether handlers keep up shows when they have settled something, not when the `pong` comes: what came
   * right before it has not even been handed to them, and may be larger than the window.
   */
  #judge({ size, ms }: { readonly size: number; readonly ms: number }): void {
    const hasGrown = this.#isFaster(size, ms) && this.#window.measured(size);
    this.#fruitlessCount = hasGrown ? 0 : this.#fruitlessCount + 1;
    this.#measured = undefined;
  }

  #isMeasurementDue(): boolean {
    if (this.#probe !== undefined || !this.#window.canGrow) return false;
    return this.#fruitlessCount < FRUITLESS_MAX || this.#grantCount % GRANTS_PER_MEASUREMENT === 0;
  }

  #measure(now: number): void {
    const key = this.#outbound.write(PING, { timestamp: this.#host.unixTimeMs() });
    this.#probe = { key, sentAt: now, receivedSize: this.#window.receivedSize };
  }
}
