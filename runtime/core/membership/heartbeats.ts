import type { HeartbeatData } from "./contract.js";
import type { DisseminationOptions } from "./dissemination.js";
import type { Life, News } from "./news.js";

/** The largest `next_ms` of the wire, one hour. */
const NEXT_MS_MAX = 3_600_000;

/**
 * Writes heartbeats. Peers that get equal ones share one object, since nearly all are equal: with nothing new
 * to tell, a node makes one per round.
 */
export class Heartbeats {
  readonly #options: DisseminationOptions;
  readonly #nextMs: number;
  /** Counts intervals rather than messages, so that each receiver sees it grow by one. */
  #sequence = 0;
  #last: HeartbeatData = { sequence: -1 };
  #lastLife: Life | undefined;

  constructor(options: DisseminationOptions) {
    this.#options = options;
    this.#nextMs = Math.min(NEXT_MS_MAX, Math.ceil(options.timing.heartbeatIntervalMs));
  }

  /** A new interval has begun. */
  nextRound(): void {
    this.#sequence += 1;
  }

  /** @param news what to tell along; `undefined`: this node passes nothing on */
  send(to: string, news: News[] | undefined): void {
    this.#send(to, this.#nextMs, news);
  }

  /** Tells a peer that it will get no more. One that knows only the specification has no word for that. */
  sendLast(to: string, news: News[] | undefined): void {
    if (this.#options.speaks(to)) this.#send(to, 0, news);
  }

  /** Tells a peer something that is no heartbeat: it promises none, so nobody is taken for a neighbour for it. */
  sendAside(to: string, news: News[]): void {
    const { epoch, incarnation } = this.#options.ownLife();
    const data = { sequence: this.#sequence, epoch, incarnation, news };
    this.#options.commands.push({ kind: "heartbeat", to, data });
  }

  #send(to: string, nextMs: number, news: News[] | undefined): void {
    const { commands, speaks } = this.#options;
    const data = speaks(to) ? this.#data(nextMs, news) : { sequence: this.#sequence };
    commands.push({ kind: "heartbeat", to, data });
  }

  #data(next_ms: number, news: News[] | undefined): HeartbeatData {
    const life = this.#options.ownLife();
    const { sequence, next_ms: lastNextMs, news: lastNews } = this.#last;
    const isEqual = sequence === this.#sequence && lastNextMs === next_ms && lastNews === news;
    if (isEqual && this.#lastLife === life) return this.#last;
    const { epoch, incarnation } = life;
    this.#lastLife = life;
    this.#last = { sequence: this.#sequence, epoch, incarnation, next_ms };
    if (news !== undefined) this.#last.news = news;
    return this.#last;
  }
}
