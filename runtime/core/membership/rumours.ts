import { NEWS_COUNT_MAX } from "./contract.js";
import { compareLife, type MemberState, type News } from "./news.js";

/**
 * How often one node passes one rumour on, per tenfold of members (λ). Flooding needs about one round per
 * tenfold; four times as much reaches all with near certainty (SWIM §5.4, there 3·log n), and sync the rest.
 */
const SENDS_PER_DECADE = 4;

/** A change of each of so many members at once is more than rumours are good for: sync is cheaper then. */
const RUMOUR_COUNT_MAX = 1024;

/** What a heartbeat tells that has nothing to tell. Shared by all of them, so never changed. */
export const NO_NEWS: News[] = [];

/** Within one life: who says the higher has heard the lower and knows better. */
const FINALITY: Readonly<Record<MemberState, number>> = { alive: 0, suspect: 1, dead: 2, left: 3 };

interface Rumour {
  readonly news: News;
  /** Who sent it here and whom it was sent to. */
  readonly knownBy: Set<string>;
  sendCount: number;
}

/** How often one rumour is passed on by one node in a cluster of `livingCount`. */
export function sendCountMax(livingCount: number): number {
  return SENDS_PER_DECADE * Math.ceil(Math.log10(livingCount + 1));
}

/**
 * The news that this node passes on to its neighbours, of each member the latest (rumour mongering, Demers et
 * al. 1987; its order is that of SWIM §4.1). What was passed on least goes first, and of that what doubts
 * a member, since a suspect has little time to answer. Nobody gets a rumour twice, nor back.
 *
 * Invariant: each rumour stands in the queue of its `sendCount` and urgency, and in no other.
 */
export class Rumours {
  readonly #countMax: number;
  readonly #byNode = new Map<string, Rumour>();
  /** What was passed on last of each member, so that it does not begin anew when it comes round once more. */
  readonly #ended = new Map<string, News>();
  /** In the order in which they are passed on: two for each `sendCount`, the urgent one first. */
  readonly #queues: Set<Rumour>[] = [];
  #overflowCount = 0;

  constructor(countMax = RUMOUR_COUNT_MAX) {
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#byNode.size;
  }

  /**
   * Has news passed on, unless as much is being passed on already, or was.
   *
   * @param from who told; `undefined`: this node found it out
   */
  add(news: News, from?: string): void {
    const known = this.#byNode.get(news.node);
    const told = known?.news ?? this.#ended.get(news.node);
    if (told !== undefined && !outdoes(news, told)) {
      if (from !== undefined) this.heardFrom(from, news);
      return;
    }
    if (known !== undefined) this.#remove(known);
    this.#ended.delete(news.node);
    const knownBy = new Set(from === undefined ? [] : [from]);
    // Doubts are told to the one they are about, so that it can refute them.
    if (news.state === "alive") knownBy.add(news.node);
    const rumour: Rumour = { news, knownBy, sendCount: 0 };
    this.#byNode.set(news.node, rumour);
    this.#queue(rumour).add(rumour);
    if (this.size > this.#countMax) this.#overflow();
  }

  /** `from` told this, so it need not be told the same, nor anything older. */
  heardFrom(from: string, news: News): void {
    const rumour = this.#byNode.get(news.node);
    if (rumour !== undefined && !outdoes(rumour.news, news)) rumour.knownBy.add(from);
  }

  /** What to tell `to` now, at most `NEWS_COUNT_MAX`. It counts as told. */
  take(to: string, livingCount: number): News[] {
    if (this.size === 0) return NO_NEWS;
    const chosen = this.#choose(to);
    if (chosen.length === 0) return NO_NEWS;
    const limit = sendCountMax(livingCount);
    for (const rumour of chosen) this.#sent(rumour, to, limit);
    return chosen.map(({ news }) => news);
  }

  /** Drops what all of these know, since there is nobody left to tell. They are all that are told. */
  settle(peers: readonly string[]): void {
    if (peers.length === 0) return;
    for (const rumour of this.#byNode.values()) {
      if (peers.every((peer) => rumour.knownBy.has(peer))) this.#end(rumour);
    }
  }

  /** Nothing is known of the member any more. */
  forget(node: string): void {
    const rumour = this.#byNode.get(node);
    if (rumour !== undefined) this.#remove(rumour);
    this.#ended.delete(node);
  }

  clear(): void {
    this.#ended.clear();
    this.#byNode.clear();
    this.#queues.length = 0;
  }

  /** How many were dropped for want of room since the last call. Others may lack them, and sync. */
  takeOverflowCount(): number {
    const count = this.#overflowCount;
    this.#overflowCount = 0;
    return count;
  }

  #choose(to: string): Rumour[] {
    const chosen: Rumour[] = [];
    for (const queue of this.#queues) {
      for (const rumour of queue) {
        if (rumour.knownBy.has(to)) continue;
        chosen.push(rumour);
        if (chosen.length === NEWS_COUNT_MAX) return chosen;
      }
    }
    return chosen;
  }

  #sent(rumour: Rumour, to: string, limit: number): void {
    rumour.knownBy.add(to);
    if (rumour.sendCount + 1 >= limit) return this.#end(rumour);
    this.#queue(rumour).delete(rumour);
    rumour.sendCount += 1;
    this.#queue(rumour).add(rumour);
  }

  #end(rumour: Rumour): void {
    const { news } = rumour;
    this.#remove(rumour);
    this.#ended.set(news.node, news);
    if (this.#ended.size <= this.#countMax) return;
    for (const node of this.#ended.keys()) return void this.#ended.delete(node);
  }

  #remove(rumour: Rumour): void {
    this.#queue(rumour).delete(rumour);
    this.#byNode.delete(rumour.news.node);
  }

  /** Drops the one that would go last, which most know already. */
  #overflow(): void {
    this.#overflowCount += 1;
    for (let index = this.#queues.length - 1; index >= 0; index--) {
      for (const rumour of this.#queues[index]!) return this.#remove(rumour);
    }
  }

  #queue({ news, sendCount }: Rumour): Set<Rumour> {
    const isUrgent = news.state === "suspect" || news.state === "dead";
    const index = 2 * sendCount + (isUrgent ? 0 : 1);
    while (this.#queues.length <= index) this.#queues.push(new Set());
    return this.#queues[index]!;
  }
}

/** Whether `news` says more of its node than `known` does: later, more final, or with more accusers. */
function outdoes(news: News, known: News): boolean {
  const order = compareLife(news, known) || FINALITY[news.state] - FINALITY[known.state];
  if (order !== 0) return order > 0;
  return (news.accusers?.length ?? 0) > (known.accusers?.length ?? 0);
}
