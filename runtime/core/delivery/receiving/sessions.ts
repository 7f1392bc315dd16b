import { type Journal, recordsByPeer } from "../keeping/journal.js";
import type { ChannelRecord } from "../keeping/store.js";
import { ReceivedChannels } from "./received-channels.js";

/**
 * What a node has received from each of its peers, for as long as the process runs, and in durable channels for
 * as long as there is the store. Peers that have no connection and no durable channel are forgotten, those longest
 * unseen first, once there are too many; they are then told that their session is lost, and nothing is ever taken
 * for new that was handled.
 */
export class Sessions {
  readonly #byPeer = new Map<string, ReceivedChannels>();
  readonly #countMax: number;
  readonly #journal: Journal | undefined;

  /** `kept`: what `journal` has kept. */
  constructor(
    countMax: number = SESSION_COUNT_MAX,
    journal?: Journal,
    kept: readonly ChannelRecord[] = [],
  ) {
    this.#countMax = countMax;
    this.#journal = journal;
    for (const [peer, records] of recordsByPeer(kept)) {
      this.#byPeer.set(peer, new ReceivedChannels(journal?.of(peer), records));
    }
  }

  get size(): number {
    return this.#byPeer.size;
  }

  /** That of the node `peer`, which is now the one seen last. */
  of(peer: string): ReceivedChannels {
    const known = this.#byPeer.get(peer) ?? new ReceivedChannels(this.#journal?.of(peer));
    this.#byPeer.delete(peer);
    this.#byPeer.set(peer, known);
    if (this.#byPeer.size > this.#countMax) this.#evict();
    return known;
  }

  #evict(): void {
    for (const [peer, channels] of this.#byPeer) {
      if (this.#byPeer.size <= this.#countMax) return;
      if (!channels.isInUse) this.#byPeer.delete(peer);
    }
  }
}

/** Twenty times as many as a node has connections by default. */
const SESSION_COUNT_MAX = 20_000;
