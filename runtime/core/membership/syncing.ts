import type { Command, Speaker, SyncRequestData, SyncResponseData } from "./contract.js";
import type { Rows } from "./rows.js";
import type { TableSync } from "./sync.js";
import type { MembershipTiming } from "./timing.js";

/** Members that are drawn before it is taken that none of them is dead. */
const DRAW_COUNT_MAX = 16;

/** Questions that may be open: one for each neighbour, and some for strangers. */
const OPEN_COUNT_MAX = 64;

export interface SyncingOptions {
  readonly sync: TableSync;
  readonly rows: Rows;
  readonly timing: Pick<MembershipTiming, "heartbeatIntervalMs" | "syncIntervalMs">;
  /** In [0, 1). */
  readonly random: () => number;
  readonly takeToken: () => number;
  readonly commands: Command[];
  readonly speaks: (node: string) => boolean;
  /** Whom to ask. */
  readonly watched: () => Iterable<string>;
}

/**
 * When a node asks whom for the table: one of its peers now and then, so that whatever news has missed is known in the
 * end. With each such question it knocks at one member that it takes for dead: after a partition each side has
 * buried the other, and nobody would ever speak to anybody there again.
 */
export class Syncing {
  readonly #options: SyncingOptions;
  /** What was asked, and of whom. */
  readonly #asked = new Map<number, { readonly to: string; readonly request: SyncRequestData }>();
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(options: SyncingOptions) {
    this.#options = options;
  }

  get dueAt(): number {
    return this.#dueAt;
  }

  start(now: number): void {
    this.#dueAt = now + this.#intervalMs;
  }

  stop(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#asked.clear();
  }

  /** This node has missed something. Others may have missed the same, so they do not all ask at once. */
  soon(now: number): void {
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    const { random, timing } = this.#options;
    const delayMs = (0.5 + random()) * timing.heartbeatIntervalMs;
    this.#dueAt = Math.min(this.#dueAt, now + delayMs);
  }

  handleTimeout(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = now + this.#intervalMs;
    const peer = this.#randomWatched();
    if (peer !== undefined) this.ask(peer);
    const dead = this.#randomDead();
    if (dead !== undefined) this.ask(dead);
  }

  /** Asks one peer now, unless it has a question already. */
  ask(to: string): void {
    if (this.#asked.size >= OPEN_COUNT_MAX) return;
    for (const asked of this.#asked.values()) if (asked.to === to) return;
    this.#ask(to, this.#options.speaks(to) ? this.#options.sync.firstRequest() : {});
  }

  /** An answer whose news has been heard, or none. Asks on where something is left to ask. */
  handleResponse(token: number, from: Speaker, response: SyncResponseData | undefined): void {
    const asked = this.#asked.get(token);
    this.#asked.delete(token);
    if (asked === undefined || response === undefined || asked.to !== from.id) return;
    const next = this.#options.sync.nextRequest(asked.request, response);
    if (next !== undefined) this.#ask(asked.to, next);
  }

  #ask(to: string, data: SyncRequestData): void {
    const { takeToken, commands } = this.#options;
    const token = takeToken();
    this.#asked.set(token, { to, request: data });
    commands.push({ kind: "sync", to, token, data });
  }

  /** From half to one and a half of the interval. */
  get #intervalMs(): number {
    return (0.5 + this.#options.random()) * this.#options.timing.syncIntervalMs;
  }

  #randomWatched(): string | undefined {
    const peers = [...this.#options.watched()];
    return peers[Math.floor(this.#options.random() * peers.length)];
  }

  #randomDead(): string | undefined {
    const { rows, random } = this.#options;
    for (let count = Math.min(rows.size, DRAW_COUNT_MAX); count > 0; count--) {
      const { node, state, facts } = rows.at(Math.floor(random() * rows.size));
      if (state === "dead" && facts.address !== undefined) return node;
    }
    return undefined;
  }
}
