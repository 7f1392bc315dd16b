import type { ChannelHeading } from "../../../runtime/core/delivery/sending/heading.js";
import type { OutgoingMessage } from "../../../runtime/core/delivery/sending/outgoing.js";
import {
  SendChannel,
  type SendChannelOptions,
} from "../../../runtime/core/delivery/sending/send-channel.js";
import type { ChannelWire } from "../../../runtime/core/delivery/sending/wire.js";
import { RnpError } from "../../../runtime/core/error.js";
import { retryDelayMs } from "../../../runtime/core/retry.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import type { World } from "../world/world.js";
import type { Life } from "./life.js";
import { contentOf } from "./messages.js";
import type { Peers } from "./peers.js";
import type { SimLink } from "./sim-link.js";
import { SimWakeup } from "./wakeup.js";

/** Takes a message over where its peer knows no channels. */
export type TakeOver = (message: OutgoingMessage) => void;

/**
 * What `ChannelLine` of the runtime does: keeps one channel on a connection, and moves it to another when that one
 * is lost or takes nothing new any more. Which one that is, chance decides.
 */
export class Line {
  readonly #world: World;
  readonly #life: Life;
  readonly #peers: Peers;
  readonly #channel: SendChannel;
  readonly #peer: string;
  readonly #byId: TakeOver;
  readonly #wakeup: SimWakeup;
  #link: SimLink | undefined;
  #isConnecting = false;
  #failureCount = 0;
  /** When to try to connect again. */
  #connectAt = 0;
  /** Why it takes nothing any more. */
  #closedBy: RnpError | undefined;

  constructor(world: World, life: Life, peers: Peers, options: SendChannelOptions, byId: TakeOver) {
    this.#world = world;
    this.#life = life;
    this.#peers = peers;
    this.#peer = options.peer;
    this.#channel = new SendChannel(options);
    this.#byId = byId;
    this.#wakeup = new SimWakeup(life, () => this.#handleTimeout());
  }

  /** Whether messages to this peer go by their ids. */
  get isByIds(): boolean {
    if (this.#channel.isAttached) return false;
    const link = this.#peers.find(this.#peer);
    return link !== undefined && !link.delivers;
  }

  /** @throws RnpError where it is not taken */
  accept(message: OutgoingMessage): void {
    if (this.#closedBy !== undefined) return message.token.failed(this.#closedBy);
    this.#channel.accept(this.#life.now, message);
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
    return this.#channel.cancel(this.#life.now, message);
  }

  /** A connection has closed. */
  closed(link: SimLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#connect();
  }

  close(error: RnpError): void {
    this.#closedBy = error;
    this.#wakeup.cancel();
    this.#channel.close(error);
  }

  #connect(): void {
    if (this.#isConnecting || this.#closedBy !== undefined || this.#channel.isEmpty) return;
    if (this.#channel.isAttached) return this.#leave();
    const link = this.#peers.find(this.#peer);
    if (link !== undefined) return this.#attach(link);
    this.#isConnecting = true;
    this.#peers.whenOpen(this.#peer, (opened) => {
      this.#isConnecting = false;
      if (opened === undefined) this.#handleFailure();
      else if (opened.isOpen) this.#attach(opened);
      else this.#connect();
    });
  }

  /** The connection takes nothing new; once what is on it is settled, the rest goes by another. */
  #leave(): void {
    const link = this.#link!;
    if (link.isOpen || this.#channel.unsettledCount > 0) return;
    link.release(this.#channel);
    this.#link = undefined;
    this.#connect();
  }

  #attach(link: SimLink): void {
    const isLacking = this.#channel.isDurable && !(link.delivers && link.hasStore);
    if (isLacking) return this.#refuse();
    if (!link.delivers) {
      for (const message of this.#channel.takeAll()) this.#byId(message);
      return;
    }
    this.#failureCount = 0;
    this.#link = link;
    link.carry(this.#channel, this.#wireOn(link));
    this.#wakeup.at(this.#channel.wakeAt);
  }

  /** The way to the connection, where all that leaves is seen. */
  #wireOn(link: SimLink): ChannelWire {
    return {
      get hasRoom() {
        return link.hasRoom;
      },
      transmit: (type, data, heading) => this.#transmit(link, type, data, heading),
      awaitRoom: (wake) => link.awaitRoom(wake),
    };
  }

  #transmit(link: SimLink, type: MessageType, data: unknown, heading: ChannelHeading): number {
    const size = link.transmit(type, data, heading);
    const { seq, floor } = heading;
    const { name: channel, epoch } = this.#channel;
    const { node, number: life } = this.#life;
    this.#world.tell({
      ...{ kind: "copy", call: contentOf(type, data).call, node, life, to: this.#peer },
      ...{ connection: link.number, channel, epoch, seq, floor },
    });
    return size;
  }

  /** What nobody waits for goes on waiting: the peer may be given the store that it lacks. */
  #refuse(): void {
    this.#channel.refuseAwaited(new RnpError("UNSUPPORTED", `${this.#peer} keeps no store`));
    this.#tryLater();
  }

  #handleFailure(): void {
    if (this.#closedBy !== undefined) return;
    this.#channel.connectFailed(this.#life.now, new RnpError("UNAVAILABLE", "nobody is there"));
    this.#tryLater();
  }

  #tryLater(): void {
    this.#failureCount = this.#channel.isEmpty ? 0 : this.#failureCount + 1;
    if (this.#failureCount === 0) return;
    this.#connectAt = this.#life.now + (retryDelayMs(this.#failureCount) ?? CONNECT_DELAY_MAX_MS);
    this.#wakeup.at(this.#connectAt);
  }

  #handleTimeout(): void {
    const { now } = this.#life;
    const channel = this.#channel;
    channel.handleTimeout(now);
    if (!channel.isAttached && now >= this.#connectAt) this.#connect();
    else if (this.#link?.isOpen === false) this.#connect();
    const connectAt = channel.isAttached || this.#isConnecting ? NEVER : this.#connectAt;
    this.#wakeup.at(channel.isEmpty ? NEVER : Math.min(channel.wakeAt, connectAt));
  }
}

const NEVER = Number.POSITIVE_INFINITY;
const CONNECT_DELAY_MAX_MS = 2700;
