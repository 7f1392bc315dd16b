import type { HeartbeatData, RowChange, Speaker } from "./contract.js";
import type { Dissemination, DisseminationOptions, OwnWord } from "./dissemination.js";
import { ADMITTED_COUNT_MAX } from "./neighbours.js";
import { isLiving, type News } from "./news.js";
import { commandOf } from "./own-word.js";
import { NO_NEWS } from "./rumours.js";
import type { FormerPeers, Shared } from "./shared.js";
import { Slots } from "./slots.js";

/**
 * Tells everybody itself, as the specification has it: heartbeats to all members, spread over the interval,
 * and what this node has to say to each. News of others is not passed on, since all hear it first hand; only
 * with peers about that tell few themselves it is, as rumours on the heartbeats.
 */
export class Mesh implements Dissemination {
  readonly kind = "mesh";
  readonly #options: DisseminationOptions;
  readonly #shared: Shared;
  /** All living members. */
  readonly #peers = new Slots();
  /** Those that got a heartbeat, so that they expect the next. */
  readonly #greeted = new Set<string>();
  /** Those that sent a last heartbeat: they are not of a mesh and want none. */
  readonly #declined = new Set<string>();
  /** Those that pass rumours on, so that they are an epidemic, or a mesh which knows one. */
  readonly #relaying = new Set<string>();

  constructor(options: DisseminationOptions, shared: Shared, now: number) {
    this.#options = options;
    this.#shared = shared;
    for (const { node, state } of options.rows) if (isLiving(state)) this.#add(now, node);
  }

  watched(): Iterable<string> {
    return this.#peers;
  }

  /** A suspect hears of it too, also once it is buried and no peer any more: else it could not refute that. */
  tell(word: OwnWord): void {
    for (const to of this.#peers) this.#tell(word, to);
    const { node } = word.news;
    if (word.kind === "suspect" && !this.#peers.has(node)) this.#tell(word, node);
  }

  relay(news: News, from: string): void {
    if (this.#relaying.size > 0) this.#shared.rumours.add(news, from);
  }

  handleHeartbeat(_now: number, from: Speaker, { news, next_ms }: HeartbeatData): void {
    const { id } = from;
    for (const one of news ?? NO_NEWS) this.#shared.rumours.heardFrom(id, one);
    if (!this.#peers.has(id)) return;
    if (next_ms === 0) this.#declined.add(id);
    else this.#declined.delete(id);
    if (news !== undefined) this.#relaying.add(id);
    else this.#ceased(id);
  }

  handleRow(now: number, { node, after }: RowChange): void {
    if (after === undefined) this.#shared.rumours.forget(node);
    if (after !== undefined && isLiving(after.state)) this.#add(now, node);
    else this.#remove(node);
  }

  handleSlot(_now: number, slot: number): void {
    if (slot === 0) this.#settleRumours();
    for (const to of this.#peers.in(slot)) {
      if (this.#declined.has(to)) continue;
      this.#greeted.add(to);
      this.#shared.heartbeats.send(to, this.#newsFor(to));
    }
  }

  /** Becomes an epidemic: its neighbours are watched on, all others no more. This mesh is not used again. */
  release(): FormerPeers {
    const neighbours = [...this.#relaying]
      .filter((node) => !this.#declined.has(node))
      .slice(0, ADMITTED_COUNT_MAX);
    const expecting = this.#peers;
    for (const node of [...expecting]) {
      if (!neighbours.includes(node)) this.#options.unwatch(node);
      if (!this.#greeted.has(node) || this.#declined.has(node)) expecting.delete(node);
    }
    return { expecting, neighbours };
  }

  #tell(word: OwnWord, to: string): void {
    const command = commandOf(word, to, this.#options.speaks(to));
    if (command !== undefined) this.#options.commands.push(command);
  }

  #settleRumours(): void {
    const { rumours } = this.#shared;
    if (rumours.size === 0) return;
    const { speaks } = this.#options;
    rumours.settle([...this.#peers].filter((node) => speaks(node) && !this.#declined.has(node)));
  }

  /** Without any it says nothing at all about news: an empty list is the mark of an epidemic. */
  #newsFor(to: string): News[] | undefined {
    const { speaks, livingCount } = this.#options;
    if (this.#relaying.size === 0 || !speaks(to)) return undefined;
    const news = this.#shared.rumours.take(to, livingCount());
    return news.length > 0 ? news : undefined;
  }

  #add(now: number, node: string): void {
    if (this.#peers.has(node)) return;
    this.#peers.add(node, this.#shared.clock.next);
    this.#options.watch(now, node);
  }

  #remove(node: string): void {
    if (!this.#peers.has(node)) return;
    this.#peers.delete(node);
    this.#greeted.delete(node);
    this.#declined.delete(node);
    this.#ceased(node);
    this.#options.unwatch(node);
  }

  #ceased(node: string): void {
    if (this.#relaying.delete(node) && this.#relaying.size === 0) this.#shared.rumours.clear();
  }
}
