import type { Beliefs } from "./beliefs.js";
import type {
  AnnounceData,
  HeardHeartbeat,
  HeartbeatData,
  MemberMessage,
  Speaker,
} from "./contract.js";
import { doubtIn, factsIn, leaveIn, lifeIn } from "./message-news.js";
import { isKnownNews, knownNews, type Life, type News } from "./news.js";
import type { Rows } from "./rows.js";
import { NO_NEWS } from "./rumours.js";
import type { Strategy } from "./strategy.js";

export interface ListeningOptions {
  /** The own node. */
  readonly node: string;
  readonly ownLife: () => Life;
  readonly rows: Rows;
  readonly beliefs: Beliefs;
  readonly strategy: Strategy;
  /** A member that is not known here counts this node among its own, so it has a table worth knowing. */
  readonly stranger: (node: string) => void;
}

/** Takes what members say on their connections for what it means: signs of life, and news. */
export class Listening {
  readonly #options: ListeningOptions;

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  /** Returns whether nothing followed of it, but for what was put in words: so it is with nearly all heartbeats. */
  handleMessage(now: number, from: Speaker, message: MemberMessage): boolean {
    if (message.kind === "heartbeat") return this.#handleHeartbeat(now, from, message.data);
    const known = this.#options.rows.get(from.id);
    if (message.kind === "announce") this.#handleAnnounce(now, from, message.data, known);
    else if (message.kind === "leave") this.#hear(now, from, leaveIn(message.data, from, known));
    else this.#hear(now, from, doubtIn(message.data, this.#lifeOf(message.data.suspect_node)));
    return false;
  }

  /** A connection has opened. Its process may be later than the one that is known. */
  handleOpened(now: number, from: Speaker): void {
    const life = lifeIn({}, from, this.#options.rows.get(from.id));
    this.#options.beliefs.hearDirectly(now, { from, life });
  }

  #handleAnnounce(now: number, from: Speaker, data: AnnounceData, known: Life | undefined): void {
    const facts = factsIn(from.role, data);
    const life = lifeIn(data, from, known);
    this.#options.beliefs.hearDirectly(now, { from, life, facts, nextMs: data.next_ms });
  }

  #handleHeartbeat(now: number, from: Speaker, data: HeardHeartbeat): boolean {
    const { rows, beliefs, strategy, stranger } = this.#options;
    if (isRoutine(data) && beliefs.hearAgain(now, from, data, data.next_ms)) {
      strategy.handleHeartbeat(now, from, data);
      return true;
    }
    const life = lifeIn(data, from, rows.get(from.id));
    const isKnown = beliefs.hearDirectly(now, { from, life, nextMs: data.next_ms });
    // The smallest peer answers no question, and announces itself before long.
    if (!isKnown && from.speaks) stranger(from.id);
    const beat = knownHeartbeat(data);
    for (const news of beat.news ?? NO_NEWS) this.#hear(now, from, news);
    strategy.handleHeartbeat(now, from, beat);
    return false;
  }

  #hear(now: number, from: Speaker, news: News | undefined): void {
    if (news === undefined) return;
    this.#options.beliefs.hear(now, { from: from.id, news }, { isRelayed: true });
  }

  #lifeOf(node: string): Life | undefined {
    return node === this.#options.node ? this.#options.ownLife() : this.#options.rows.get(node);
  }
}

/** Whether it says which life speaks, and tells of nobody else. */
function isRoutine(data: HeardHeartbeat): data is HeartbeatData & Life {
  const { epoch, incarnation, news } = data;
  const isSilent = news === undefined || news.length === 0;
  return isSilent && epoch !== undefined && incarnation !== undefined;
}

/** Without the news that a later version means for its like. Nearly every heartbeat is taken as it is. */
function knownHeartbeat(data: HeardHeartbeat): HeartbeatData {
  return hasKnownNews(data) ? data : { ...data, news: knownNews(data.news ?? NO_NEWS) };
}

function hasKnownNews(data: HeardHeartbeat): data is HeartbeatData {
  return data.news === undefined || data.news.every(isKnownNews);
}
