import { PING } from "../../generated/messages/ping.js";
import { WINDOW_UPDATE } from "../../generated/messages/window/update.js";
import type { Host } from "./host.js";
import type { Outbound } from "./outbound.js";
import type { ReceiveWindow } from "./receive-window.js";

/** After this many round trips without growth the window fits, and is measured less often. */
const FRUITLESS_MAX = 4;
/** How often it is then measured: once for so many grants. */
const GRANTS_PER_MEASUREMENT = 16;

/**
 * Returns credit to the peer, and measures beside some of the grants whether the window is too small: a
 * `ping` goes with the grant, and what comes until its `pong` is what the peer sends in a round trip.
 */
export class CreditReturn {
  readonly #window: ReceiveWindow;
  readonly #outbound: Outbound;
  readonly #host: Host;
  /** The `ping` under way, and what had been received when it was sent. */
  #probe: { readonly key: string | number; readonly receivedSize: number } | undefined;
  /** What came between a `ping` and its `pong`, in bytes, until it is judged. */
  #measuredSize: number | undefined;
  #fruitlessCount = 0;
  #grantCount = 0;

  constructor(window: ReceiveWindow, outbound: Outbound, host: Host) {
    this.#window = window;
    this.#outbound = outbound;
    this.#host = host;
  }

  /** Grants what is worth a message by now. */
  grant(): void {
    if (this.#measuredSize !== undefined && this.#window.hasReturnable) this.#judge();
    const bytes = this.#window.takeGrant();
    if (bytes === 0) return;
    this.#outbound.write(WINDOW_UPDATE, { bytes });
    this.#grantCount += 1;
    if (this.#isMeasurementDue()) this.#measure();
  }

  /** Whether a `pong` answers our measurement. */
  answered(key: string | number | undefined): boolean {
    if (this.#probe === undefined || key !== this.#probe.key) return false;
    this.#measuredSize = this.#window.receivedSize - this.#probe.receivedSize;
    this.#probe = undefined;
    return true;
  }

  /**
   * Whether handlers keep up shows when they have settled something, not when the `pong` comes: what came
   * right before it has not even been handed to them, and may be larger than the window.
   */
  #judge(): void {
    const hasGrown = this.#window.measured(this.#measuredSize!);
    this.#fruitlessCount = hasGrown ? 0 : this.#fruitlessCount + 1;
    this.#measuredSize = undefined;
  }

  #isMeasurementDue(): boolean {
    if (this.#probe !== undefined || !this.#window.canGrow) return false;
    return this.#fruitlessCount < FRUITLESS_MAX || this.#grantCount % GRANTS_PER_MEASUREMENT === 0;
  }

  #measure(): void {
    const key = this.#outbound.write(PING, { timestamp: this.#host.unixTimeMs() });
    this.#probe = { key, receivedSize: this.#window.receivedSize };
  }
}
