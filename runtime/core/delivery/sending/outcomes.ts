import type { RnpError } from "../../error.js";
import type { TrafficMeter } from "../../traffic-meter.js";
import type { Backlog } from "./backlog.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { SendWindow } from "./send-window.js";

/** Ends the messages of a sending channel, and tells whoever waits for one what can be known of it. */
export class Outcomes {
  readonly #peer: string;
  readonly #meter: TrafficMeter;
  readonly #window: SendWindow;
  readonly #backlog: Backlog;

  constructor(
    { peer, meter }: { readonly peer: string; readonly meter: TrafficMeter },
    window: SendWindow,
    backlog: Backlog,
  ) {
    this.#peer = peer;
    this.#meter = meter;
    this.#window = window;
    this.#backlog = backlog;
  }

  /** The peer has handled the message with this number. The window's floor is to be raised after the last one. */
  delivered(now: number, seq: number): void {
    const message = this.#window.get(seq);
    if (message === undefined || message.seq !== seq) return;
    message.isOver = true;
    this.#window.takeOut(message);
    this.#meter.of(message.type.type).roundTrip.record(now - message.sentAt);
    message.token.settled(undefined);
  }

  /** The peer has refused a message for good. */
  rejected(message: OutgoingMessage, error: RnpError): void {
    message.isOver = true;
    this.#window.takeOut(message);
    this.#tell(message, error, message.mayHaveRunBefore ? "unknown" : error.outcome);
    this.#window.raiseFloor();
  }

  /** No further attempt is made. The peer may still handle what is with it, but never a copy that comes later. */
  givenUp(message: OutgoingMessage, error: RnpError): void {
    if (message.isOver) return;
    const outcome = message.fate === "refused" ? error.outcome : "not-delivered";
    this.withdrawn(message);
    this.#tell(message, error, message.mayHaveRun ? "unknown" : outcome);
  }

  /** The data of a message that had left the backlog breaks its schema: it has no number, and gets none. */
  unsendable(message: OutgoingMessage, error: RnpError): void {
    message.isOver = true;
    this.#tell(message, error, message.isHaunted ? "unknown" : "not-delivered");
  }

  /** Nobody waits here for a message any more, so nobody is told. */
  withdrawn(message: OutgoingMessage): void {
    message.isOver = true;
    if (message.seq === 0) this.#backlog.dropOver();
    else this.#window.abandon(message);
  }

  #tell({ token }: OutgoingMessage, error: RnpError, outcome: RnpError["outcome"]): void {
    token.failed(error.with({ outcome, peer: this.#peer }));
  }
}
