import { Journal, recordsByPeer } from "../../runtime/core/delivery/keeping/journal.js";
import type { ReceiveChannel } from "../../runtime/core/delivery/receiving/receive-channel.js";
import { ReceivedChannels } from "../../runtime/core/delivery/receiving/received-channels.js";
import type { Verdict } from "../../runtime/core/delivery/receiving/received-places.js";
import type { ChannelReport } from "../../runtime/core/delivery/sending/wire.js";
import type { Copy } from "./channel-pair.js";
import type { MemoryDisk } from "./memory-disk.js";
import { MemoryStore } from "./memory-store.js";

const SENDER = "node-1";

/** One process of a receiver with a store, whose disk outlives it. It takes messages as if they had no order. */
export class DurableReceiver {
  readonly store: MemoryStore;
  readonly #channels: ReceivedChannels;

  private constructor(store: MemoryStore, channels: ReceivedChannels) {
    this.store = store;
    this.#channels = channels;
  }

  static async start(disk: MemoryDisk): Promise<DurableReceiver> {
    const store = new MemoryStore(disk);
    const { receiving } = await store.load();
    const kept = recordsByPeer(receiving).get(SENDER);
    return new DurableReceiver(store, new ReceivedChannels(new Journal(store).of(SENDER), kept));
  }

  /** A copy comes; a new one is with its handler then. */
  take(copy: Copy): Verdict {
    return this.channelOf(copy).judge(copy.seq, copy.floor, false);
  }

  /** The handler of a message has settled, and that is on disk. */
  async handle(copy: Copy): Promise<void> {
    await this.channelOf(copy).keepHandled(copy.seq);
  }

  channelOf({ epoch, floor }: Copy): ReceiveChannel {
    return this.#channels.find("control.once", epoch, floor, true);
  }

  /** What its greeting says. */
  get report(): ChannelReport | undefined {
    return this.#channels.report()[0];
  }
}
