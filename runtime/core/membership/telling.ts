import type { Command, MembershipOptions } from "./contract.js";
import { isLiving, type Life, type News } from "./news.js";
import type { OwnMember } from "./own-member.js";
import { commandOf } from "./own-word.js";
import { newsOf, type Row, type Rows } from "./rows.js";
import type { Strategy } from "./strategy.js";
import type { Verdict } from "./surroundings.js";

/** Between two reminders to a process that a later one has its id. It asks for proof no oftener. */
const LATER_LIFE_INTERVAL_MS = 60_000;

/** What is said of a member's life. */
type Doubt = Pick<News, "node" | "state" | "epoch" | "incarnation"> & {
  readonly accusers?: readonly string[];
};

type Found = Extract<Verdict, { kind: "tell" }>;

export type TellingOptions = Pick<MembershipOptions, "timing" | "random" | "unixTimeMs"> & {
  readonly own: OwnMember;
  readonly strategy: Strategy;
  readonly rows: Rows;
  readonly commands: Command[];
  readonly speaks: (node: string) => boolean;
  readonly isOpen: (node: string) => boolean;
  /** How long ago a watched member was heard. */
  readonly silentMs: (now: number, node: string) => number | undefined;
};

/** What this node says in its own name: who it is, whom it found silent, and what it knows better. */
export class Telling {
  readonly #options: TellingOptions;
  readonly #newcomers = new Set<string>();
  /** When a member was last told what is believed of it. */
  readonly #toldAt = new Map<string, number>();
  /** The life in which neighbours were asked to tell of this node. */
  #rumoured: Life | undefined;
  #announceAt = Number.POSITIVE_INFINITY;

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  get dueAt(): number {
    return this.#announceAt;
  }

  start(now: number): void {
    this.#announceAt =
      now + (0.5 + this.#options.random()) * this.#options.timing.announceIntervalMs;
    this.announce();
  }

  stop(): void {
    this.#announceAt = Number.POSITIVE_INFINITY;
    this.#newcomers.clear();
  }

  /** Tells all that this node lives, in this life. */
  announce(): void {
    const { strategy, own } = this.#options;
    this.#rumoured = own.life;
    strategy.tell(own.announceWord(this.#promiseMs));
  }

  handleTimeout(now: number): void {
    if (now < this.#announceAt) return;
    this.#announceAt = now + this.#options.timing.announceIntervalMs;
    // Where news travels as rumours, who missed it finds it by sync.
    if (this.#options.strategy.kind === "mesh") this.announce();
  }

  /** A connection to it has opened. */
  introduce(node: string): void {
    const { strategy } = this.#options;
    if (strategy.kind === undefined) return;
    this.#newcomers.delete(node);
    this.#announceTo(node, strategy.kind === "mesh" ? this.#promiseMs : undefined);
  }

  appeared(node: string): void {
    this.#newcomers.add(node);
  }

  /** Tells those who are new here of this node. All that came with one answer are told together. */
  greet(): void {
    if (this.#newcomers.size === 0) return;
    const { strategy, own, isOpen } = this.#options;
    if (strategy.kind === "epidemic" && this.#rumoured !== own.life) this.announce();
    for (const node of strategy.kind === "mesh" ? this.#newcomers : []) {
      if (!isOpen(node)) this.#announceTo(node, this.#promiseMs);
    }
    this.#newcomers.clear();
  }

  /** Tells the others of a member that this node found silent. */
  report(now: number, { node, state, epoch, incarnation, accusers, pingsUnanswered }: Found): void {
    const { timing, unixTimeMs, strategy, silentMs } = this.#options;
    // Who is buried is watched no more; it was silent for so long at least.
    const quietMs = silentMs(now, node) ?? timing.reportAfterMs;
    const data = {
      suspect_node: node,
      last_seen: Math.max(0, Math.round(unixTimeMs() - quietMs)),
      failed_pings: Math.floor(quietMs / timing.heartbeatIntervalMs) + pingsUnanswered,
      state,
      epoch,
      incarnation,
      accusers,
    };
    strategy.tell({ kind: "suspect", data, news: { node, state, epoch, incarnation, accusers } });
  }

  /**
   * Tells a member that speaks in a life which is over, or is not the latest, what is known of it, so that it
   * refutes that. A later life is told as news, since only news names an address, by which it knows a twin.
   */
  contradict(now: number, row: Row): void {
    const { strategy, speaks } = this.#options;
    const { node } = row;
    if (strategy.kind === undefined || !speaks(node)) return;
    if (!isLiving(row.state)) return this.warn(now, { ...row, state: "dead" });
    const news = newsOf({ ...row, state: "alive", accusers: [] });
    if (this.#mayTell(now, node, LATER_LIFE_INTERVAL_MS)) strategy.tellAside(node, news);
  }

  /** Tells a member what others say of it, so that it refutes that. */
  warn(now: number, { node, state, epoch, incarnation, accusers = [] }: Doubt): void {
    const { timing, commands, unixTimeMs, silentMs } = this.#options;
    if (!this.#mayTell(now, node, timing.heartbeatIntervalMs)) return;
    const lastSeen = Math.max(0, Math.round(unixTimeMs() - (silentMs(now, node) ?? 0)));
    const seen = { suspect_node: node, last_seen: lastSeen, failed_pings: 0 };
    const named = accusers.length > 0 && { accusers: [...accusers] };
    const data = { ...seen, state, epoch, incarnation, ...named };
    commands.push({ kind: "suspect", to: node, data });
  }

  /** Tells one who takes a member for dead that it has left. */
  correct(now: number, to: string, row: Row): void {
    const { strategy, speaks, timing } = this.#options;
    if (!speaks(to) || !this.#mayTell(now, to, timing.heartbeatIntervalMs)) return;
    strategy.tellAside(to, newsOf(row));
  }

  forget(node: string): void {
    this.#toldAt.delete(node);
    this.#newcomers.delete(node);
  }

  get #promiseMs(): number {
    return Math.ceil(this.#options.timing.heartbeatIntervalMs);
  }

  #mayTell(now: number, node: string, intervalMs: number): boolean {
    const lastAt = this.#toldAt.get(node) ?? Number.NEGATIVE_INFINITY;
    if (now < lastAt + intervalMs) return false;
    this.#toldAt.set(node, now);
    return true;
  }

  #announceTo(node: string, nextMs: number | undefined): void {
    const { own, speaks, commands } = this.#options;
    const data = own.announcement(nextMs);
    const word = { kind: "announce" as const, data, news: newsOf(own.row) };
    const command = commandOf(word, node, speaks(node));
    if (command !== undefined) commands.push(command);
  }
}
