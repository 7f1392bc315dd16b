import type { OutgoingMessage } from "../../../runtime/core/delivery/sending/outgoing.js";
import { RnpError, toRnpError } from "../../../runtime/core/error.js";
import { retryDelayMs } from "../../../runtime/core/retry.js";
import type { Life } from "./life.js";
import type { Peers } from "./peers.js";
import type { Awaiter, SimLink } from "./sim-link.js";

/** What `deliverById` of the runtime does: sends one message, with its id, until a peer without channels has it. */
export class ById implements Awaiter {
  readonly #life: Life;
  readonly #peers: Peers;
  readonly #peer: string;
  readonly #message: OutgoingMessage;
  readonly #id: string;
  #attemptCount = 0;
  #mayHaveArrived: boolean;

  constructor(life: Life, peers: Peers, peer: string, message: OutgoingMessage, id: string) {
    this.#life = life;
    this.#peers = peers;
    this.#peer = peer;
    this.#message = message;
    this.#id = id;
    this.#mayHaveArrived = message.isHaunted;
  }

  begin(): void {
    // Such a peer could not tell the copies of it, and there will be some.
    if (this.#message.promise === "at-least-once") this.#attempt();
    else this.#end(new RnpError("UNSUPPORTED", `${this.#peer} knows no channels`));
  }

  settled(): void {
    this.#message.token.settled(undefined);
  }

  failed(error: RnpError): void {
    this.#mayHaveArrived ||= error.outcome === "unknown";
    const delayMs = error.retryable ? retryDelayMs(this.#attemptCount) : undefined;
    if (delayMs === undefined || this.#peers.isClosing) return this.#end(error);
    const dueInMs = Math.max(delayMs, error.retryAfterMs ?? 0);
    if (this.#life.now + dueInMs >= this.#message.giveUpAt) return this.#end(error);
    this.#life.after(dueInMs, () => this.#attempt());
  }

  item(): void {
    throw new Error("only streams have items");
  }

  #attempt(): void {
    this.#attemptCount += 1;
    const link = this.#peers.find(this.#peer);
    if (link !== undefined) return this.#sendOn(link);
    const timer = this.#life.after(this.#leftMs, () => this.failed(late()));
    this.#peers.whenOpen(this.#peer, (opened) => {
      if (this.#leftMs <= 0) return;
      timer.cancel();
      if (opened?.isOpen === true) this.#sendOn(opened);
      else this.failed(new RnpError("UNAVAILABLE", "nobody is there"));
    });
  }

  #sendOn(link: SimLink): void {
    const { type, data } = this.#message;
    const timeoutMs = Math.min(ACK_TIMEOUT_MS, this.#leftMs);
    try {
      link.call("sendForAck", type, data, { timeoutMs, id: this.#id, token: this });
    } catch (thrown) {
      this.failed(toRnpError(thrown));
    }
  }

  get #leftMs(): number {
    return this.#message.giveUpAt - this.#life.now;
  }

  #end(error: RnpError): void {
    this.#message.token.failed(this.#mayHaveArrived ? error.with({ outcome: "unknown" }) : error);
  }
}

function late(): RnpError {
  return new RnpError("TIMEOUT", "no connection was open in time");
}

const ACK_TIMEOUT_MS = 5000;
