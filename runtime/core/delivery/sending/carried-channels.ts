import type { Ack } from "../../../../generated/messages/ack.js";
import type { RnpError } from "../../error.js";
import type { SendChannel } from "./send-channel.js";

/** The channels that send on one connection. */
export class CarriedChannels {
  readonly #channels = new Map<string, SendChannel>();
  /** Those of which something was acknowledged, so that more may be sent. */
  #advanced: SendChannel[] = [];

  /** Whether `pump` has something to do. */
  get hasAdvanced(): boolean {
    return this.#advanced.length > 0;
  }

  /** Lets the channels send what acknowledgements have made room for. */
  pump(): void {
    if (this.#advanced.length === 0) return;
    const advanced = this.#advanced;
    this.#advanced = [];
    for (const channel of advanced) channel.pump();
  }

  /** Messages that the peer has not settled. */
  get unsettledCount(): number {
    let count = 0;
    for (const channel of this.#channels.values()) count += channel.unsettledCount;
    return count;
  }

  /** When to call `handleTimeout`. */
  get wakeAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { wakeAt } of this.#channels.values()) earliest = Math.min(earliest, wakeAt);
    return earliest;
  }

  handleTimeout(now: number): void {
    for (const channel of this.#channels.values()) {
      if (now >= channel.wakeAt) channel.handleTimeout(now);
    }
  }

  add(channel: SendChannel): void {
    this.#channels.set(channel.name, channel);
  }

  /** @throws RnpError `PROTOCOL_ERROR` where the peer acknowledges what was never sent */
  acknowledged(now: number, { channel: name, epoch = 0, seq = 0, beyond }: Ack): void {
    const channel = this.#channels.get(name!);
    if (channel === undefined) return;
    channel.acknowledged(now, epoch, seq, beyond);
    if (this.#advanced.at(-1) !== channel) this.#advanced.push(channel);
  }

  /** Whether an error was about a message of one of these channels, which has taken it then. */
  refused(now: number, id: string, error: RnpError): boolean {
    for (const channel of this.#channels.values()) {
      if (channel.refused(now, id, error)) return true;
    }
    return false;
  }

  /** The connection is gone, or carries nothing new any more. */
  detachAll(now: number, error: RnpError): void {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const channel of channels) channel.detach(now, error);
  }

  /** One channel goes to another connection. */
  detach(now: number, channel: SendChannel, error: RnpError): void {
    if (this.#channels.get(channel.name) !== channel) return;
    this.#channels.delete(channel.name);
    channel.detach(now, error);
  }
}
