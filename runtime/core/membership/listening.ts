import type { Beliefs } from "./beliefs.js";
import type { HeardHeartbeat, MemberMessage, Speaker } from "./contract.js";
import { doubtIn, factsIn, leaveIn, lifeIn } from "./message-news.js";
import { knownNews, type Life, type News } from "./news.js";
import type { Rows } from "./rows.js";
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

  handleMessage(now: number, from: Speaker, message: MemberMessage): void {
    const { rows, beliefs } = this.#options;
    switch (message.kind) {
      case "announce": {
        const { data } = message;
        const facts = factsIn(from.role, data);
        const life = lifeIn(data, from, rows.get(from.id));
        beliefs.hearDirectly(now, { from, life, facts, nextMs: data.next_ms });
        return;
      }
      case "heartbeat":
        return this.#handleHeartbeat(now, from, message.data);
      case "leave":
        return this.#hear(now, from, leaveIn(message.data, from, rows.get(from.id)));
      case "suspect":
        return this.#hear(
          now,
          from,
          doubtIn(message.data, this.#lifeOf(message.data.suspect_node)),
        );
    }
  }

  /** A connection has opened. Its process may be later than the one that is known. */
  handleOpened(now: number, from: Speaker): void {
    const life = lifeIn({}, from, this.#options.rows.get(from.id));
    this.#options.beliefs.hearDirectly(now, { from, life });
  }

  #handleHeartbeat(now: number, from: Speaker, data: HeardHeartbeat): void {
    const { rows, beliefs, strategy, stranger } = this.#options;
    const life = lifeIn(data, from, rows.get(from.id));
    const isKnown = beliefs.hearDirectly(now, { from, life, nextMs: data.next_ms });
    if (!isKnown) stranger(from.id);
    const { news: told, ...rest } = data;
    if (told === undefined) return strategy.handleHeartbeat(now, from, rest);
    const news = knownNews(told);
    for (const one of news) this.#hear(now, from, one);
    strategy.handleHeartbeat(now, from, { ...rest, news });
  }

  #hear(now: number, from: Speaker, news: News | undefined): void {
    if (news === undefined) return;
    this.#options.beliefs.hear(now, { from: from.id, news }, { isRelayed: true });
  }

  #lifeOf(node: string): Life | undefined {
    return node === this.#options.node ? this.#options.ownLife() : this.#options.rows.get(node);
  }
}
