import type { ReceivedChannel } from "../../../generated/types.js";
import { RnpError } from "../error.js";
import { ReceiveChannel } from "./receive-channel.js";

/** As many as a greeting has room for. */
export const CHANNEL_COUNT_MAX = 256;

/** All that a node has received in the channels of one peer. It outlives connections. */
export class ReceivedChannels {
  readonly #channels = new Map<string, ReceiveChannel>();
  #connectionCount = 0;

  /** The number of a new connection to the peer; see `AckSink`. */
  nextOrder(): number {
    this.#connectionCount += 1;
    return this.#connectionCount;
  }

  /** Whether a connection is open by which messages of these channels come. */
  get isInUse(): boolean {
    for (const { sink } of this.#channels.values()) if (sink?.isOpen) return true;
    return false;
  }

  /**
   * The channel that a message belongs to. One of a new epoch begins it.
   *
   * @throws RnpError `SESSION_LOST` where messages before it are missed, so that copies could not be told;
   *   `CONFLICT` where the peer has begun a later epoch: a process that was taken for dead still sends;
   *   `RESOURCE_EXHAUSTED` where the peer uses too many
   */
  find(name: string, epoch: number, floor: number): ReceiveChannel {
    const known = this.#channels.get(name);
    if (known?.epoch === epoch) return known;
    if (known !== undefined && epoch < known.epoch) throw fenced(name, epoch, known.epoch);
    if (floor > 1) throw sessionLost(name, epoch);
    if (known === undefined && this.#channels.size >= CHANNEL_COUNT_MAX) throw tooMany(name);
    known?.end();
    const channel = new ReceiveChannel(name, epoch, known?.gate);
    this.#channels.set(name, channel);
    return channel;
  }

  /** What the greeting of a connection to the peer says. */
  report(): ReceivedChannel[] {
    return Array.from(this.#channels.values(), (channel) => channel.report());
  }
}

function sessionLost(channel: string, epoch: number): RnpError {
  const text = `channel ${channel}: this node has no record of its earlier messages`;
  const details = { channel, epoch };
  return new RnpError("SESSION_LOST", text, { details, outcome: "rejected" });
}

function fenced(channel: string, epoch: number, known: number): RnpError {
  const text = `channel ${channel}: epoch ${epoch} is over, ${known} has begun; two processes use one node id`;
  const details = { kind: "channel", id: channel, expected: String(known), got: String(epoch) };
  return new RnpError("CONFLICT", text, { details, outcome: "rejected" });
}

function tooMany(channel: string): RnpError {
  const text = `channel ${channel}: ${CHANNEL_COUNT_MAX} channels are in use already`;
  return new RnpError("RESOURCE_EXHAUSTED", text, { outcome: "rejected" });
}
