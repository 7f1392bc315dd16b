import type { OutgoingMessage } from "../core/delivery/sending/outgoing.js";
import { SendChannel, type SendChannelOptions } from "../core/delivery/sending/send-channel.js";
import { RnpError, toRnpError } from "../core/error.js";
import { retryDelayMs } from "../core/retry.js";
import { now } from "./clock.js";
import type { ChannelCarriers } from "./courier.js";
import type { Link } from "./link.js";
import { Wakeup } from "./wakeup.js";

/**
 * One channel and the connection that it is on. While messages wait and there is none, it sees to one; when one
 * is lost or carries nothing new any more, it moves to the next.
 */
export class ChannelLine {
  readonly #channel: SendChannel;
  readonly #carriers: ChannelCarriers;
  readonly #byId: (message: OutgoingMessage) => void;
  readonly #wakeup = new Wakeup(() => this.#handleTimeout());
  #link: Link | undefined;
  #preferred: Link | undefined;
  #isConnecting = false;
  #failureCount = 0;
  /** When to try to connect again. */
  #connectAt = 0;
  /** Why it takes nothing any more. */
  #closedBy: RnpError | undefined;

  /** `byId` takes the messages over where the peer knows no channels. */
  constructor(
    options: SendChannelOptions,
    carriers: ChannelCarriers,
    byId: (message: OutgoingMessage) => void,
  ) {
    this.#channel = new SendChannel(options);
    this.#carriers = carriers;
    this.#byId = byId;
  }

  /** The connection that it is on. */
  get link(): Link | undefined {
    return this.#link?.isOpen ? this.#link : undefined;
  }

  /** Whether messages to this peer go by their ids, as it knows no channels. */
  get isByIds(): boolean {
    if (this.#channel.isAttached) return false;
    const link = this.#carriers.first();
    return link !== undefined && !link.delivers;
  }

  /** Takes a message; its token hears what becomes of it. */
  accept(message: OutgoingMessage): void {
    if (this.#closedBy !== undefined) return message.token.failed(this.#closedBy);
    this.#channel.accept(now(), message);
    if (this.#link?.isOpen !== true) this.#connect();
    this.#wakeup.at(this.#channel.wakeAt);
  }

  /** Sends what an earlier process has left. */
  resume(): void {
    this.#connect();
    this.#wakeup.at(this.#channel.wakeAt);
  }

  /** It never left: `true`. */
  cancel(message: OutgoingMessage): boolean {
    return this.#channel.cancel(now(), message);
  }

  /** The connection to take where it has none. */
  prefer(link: Link): void {
    this.#preferred = link;
  }

  close(error: RnpError): void {
    this.#closedBy = error;
    this.#wakeup.cancel();
    this.#channel.close(error);
  }

  #connect(): void {
    if (this.#isConnecting || this.#closedBy !== undefined || this.#channel.isEmpty) return;
    if (this.#channel.isAttached) return this.#leave();
    const link = this.#preferred?.isOpen ? this.#preferred : this.#carriers.first();
    if (link !== undefined) return this.#attach(link);
    this.#isConnecting = true;
    this.#carriers.connect().then(
      (opened) => {
        this.#isConnecting = false;
        if (opened.isOpen) this.#attach(opened);
        else this.#connect();
      },
      (thrown) => {
        this.#isConnecting = false;
        this.#handleFailure(toRnpError(thrown));
      },
    );
  }

  /** The connection takes nothing new; once what is on it is settled, the rest goes by another. */
  #leave(): void {
    const link = this.#link!;
    if (link.isOpen || this.#channel.unsettledCount > 0) return;
    link.release(this.#channel);
    this.#link = undefined;
    this.#connect();
  }

  #attach(link: Link): void {
    const refusal = this.#refusalOf(link);
    if (refusal !== undefined) return this.#refuse(refusal);
    if (!link.delivers) {
      for (const message of this.#channel.takeAll()) this.#byId(message);
      return;
    }
    this.#failureCount = 0;
    this.#link = link;
    link.carry(this.#channel);
    this.#wakeup.at(this.#channel.wakeAt);
    void link.closed.then(() => {
      if (this.#link === link) this.#link = undefined;
      this.#connect();
    });
  }

  /** Why the peer cannot keep what this channel promises. */
  #refusalOf({ delivers, hasStore, peer }: Link): RnpError | undefined {
    if (!this.#channel.isDurable || (delivers && hasStore)) return undefined;
    const text = `${peer.id} keeps no store, which exactly-once needs on both sides; give it one`;
    return new RnpError("UNSUPPORTED", text, { peer: peer.id });
  }

  /** What nobody waits for goes on waiting: the peer may be given what it lacks. */
  #refuse(error: RnpError): void {
    this.#channel.refuseAwaited(error);
    this.#tryLater();
  }

  #handleFailure(error: RnpError): void {
    if (this.#closedBy !== undefined) return;
    this.#channel.connectFailed(now(), error);
    this.#tryLater();
  }

  #tryLater(): void {
    this.#failureCount = this.#channel.isEmpty ? 0 : this.#failureCount + 1;
    if (this.#failureCount === 0) return;
    this.#connectAt = now() + (retryDelayMs(this.#failureCount) ?? RECONNECT_DELAY_MAX_MS);
    this.#wakeup.at(this.#connectAt);
  }

  #handleTimeout(): void {
    this.#channel.handleTimeout(now());
    if (!this.#channel.isAttached && now() >= this.#connectAt) this.#connect();
    else if (this.#link?.isOpen === false) this.#connect();
    const connectAt = this.#channel.isAttached || this.#isConnecting ? NEVER : this.#connectAt;
    this.#wakeup.at(this.#channel.isEmpty ? NEVER : Math.min(this.#channel.wakeAt, connectAt));
  }
}

const NEVER = Number.POSITIVE_INFINITY;
/** Messages that came later than the ones that were given up go on trying so often. */
const RECONNECT_DELAY_MAX_MS = 2700;
