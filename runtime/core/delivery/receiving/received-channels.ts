import type { ReceivedChannel } from "../../../../generated/types.js";
import { RnpError } from "../../error.js";
import type { ChannelJournal } from "../keeping/journal.js";
import type { ReceivedRecord } from "../records.js";
import { ReceiveChannel } from "./receive-channel.js";

/** As many as a greeting has room for. */
export const CHANNEL_COUNT_MAX = 256;

/** All that a node has received in the channels of one peer. It outlives connections. */
export class ReceivedChannels {
  readonly #channels = new Map<string, ReceiveChannel>();
  readonly #journal: ChannelJournal | undefined;
  #connectionCount = 0;

  /** `journal`: where durable channels are kept, none where there is no store; `kept`: what it has kept. */
  constructor(journal?: ChannelJournal, kept: readonly ReceivedRecord[] = []) {
    this.#journal = journal;
    for (const record of kept) {
      this.#channels.set(record.channel, ReceiveChannel.restored(record, journal));
    }
  }

  /** The number of a new connection to the peer; see `AckSink`. */
  nextOrder(): number {
    this.#connectionCount += 1;
    return this.#connectionCount;
  }

  /** Whether it must be kept: a connection is open, or what is in the store would be denied without it. */
  get isInUse(): boolean {
    for (const { sink, isDurable } of this.#channels.values()) {
      if (isDurable || sink?.isOpen) return true;
    }
    return false;
  }

  /**
   * The channel that a message belongs to. One of a new epoch begins it.
   *
   * @throws RnpError `SESSION_LOST` where messages before it are missed, so that copies could not be told;
   *   `CONFLICT` where the peer has begun a later epoch: a process that was taken for dead still sends;
   *   `RESOURCE_EXHAUSTED` where the peer uses too many; `UNSUPPORTED` for a durable one where there is no store;
   *   `PROTOCOL_ERROR` where an epoch is now durable and now not
   */
  find(name: string, epoch: number, floor: number, isDurable = false): ReceiveChannel {
    const known = this.#channels.get(name);
    if (known?.epoch === epoch) {
      if (known.isDurable !== isDurable) throw neitherNor(name, epoch);
      return known;
    }
    if (isDurable && this.#journal === undefined) throw keepsNone(name);
    if (known !== undefined && epoch < known.epoch) throw fenced(name, epoch, known.epoch);
    if (floor > 1) throw sessionLost(name, epoch);
    if (known === undefined && this.#channels.size >= CHANNEL_COUNT_MAX) throw tooMany(name);
    known?.end();
    const journal = isDurable ? this.#journal : undefined;
    const channel = new ReceiveChannel(name, epoch, known?.gate, journal);
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

function keepsNone(channel: string): RnpError {
  const text = `channel ${channel} is durable, and this node keeps no store; give it one`;
  return new RnpError("UNSUPPORTED", text, { outcome: "rejected" });
}

function neitherNor(channel: string, epoch: number): RnpError {
  const expected = "all messages of a channel and epoch to be durable, or none";
  return new RnpError(
    "PROTOCOL_ERROR",
    `channel ${channel}, epoch ${epoch}: expected ${expected}`,
    {
      details: { expected, got: "both" },
      outcome: "rejected",
    },
  );
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
