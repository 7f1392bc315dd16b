import type {
  Command,
  HeartbeatData,
  MembershipOptions,
  Speaker,
} from "../../../../runtime/core/membership/contract.js";
import type { OwnWord } from "../../../../runtime/core/membership/dissemination.js";
import type { Life, News } from "../../../../runtime/core/membership/news.js";
import { MapRows, type RowFields } from "../../../../runtime/core/membership/rows.js";
import { Strategy } from "../../../../runtime/core/membership/strategy.js";
import { Dice } from "../../../sim/world/dice.js";
import { EPOCH, member } from "./table-builders.js";

export const INTERVAL_MS = 1000;

export type Heartbeat = Extract<Command, { kind: "heartbeat" }>;

interface Setting extends Pick<MembershipOptions, "dissemination" | "meshMembersMax"> {
  readonly members?: readonly string[];
  /** Peers that know only the specification. */
  readonly plain?: readonly string[];
}

/** `n1` up to `n<count>`. */
export function nodes(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
}

export function speaker(id: string, change: Partial<Speaker> = {}): Speaker {
  return { id, role: "node", epoch: EPOCH, speaks: true, ...change };
}

/** A heartbeat of an epidemic, with these news. */
export function rumourBeat(...news: News[]): HeartbeatData {
  return { sequence: 1, epoch: EPOCH, incarnation: 0, next_ms: INTERVAL_MS, news };
}

/** A heartbeat of a mesh. */
export const MESH_BEAT: HeartbeatData = {
  sequence: 1,
  epoch: EPOCH,
  incarnation: 0,
  next_ms: INTERVAL_MS,
};

export const LAST_BEAT: HeartbeatData = { ...rumourBeat(), next_ms: 0 };

export function newsOf(node: string, change: Partial<News> = {}): News {
  return { node, state: "alive", epoch: EPOCH, incarnation: 0, ...change };
}

/** What the own node says when it found a member dead or suspects it. */
export function verdict(node: string, state: "suspect" | "dead"): OwnWord {
  const life = { epoch: EPOCH, incarnation: 0, accusers: ["self", "other"] };
  const data = { suspect_node: node, last_seen: 5, failed_pings: 3, state, ...life };
  return { kind: "suspect", data, news: newsOf(node, { state, accusers: life.accusers }) };
}

/** The spreading of one node `self`, driven by hand. */
export class Desk {
  readonly rows = new MapRows();
  readonly watched = new Set<string>();
  readonly commands: Command[] = [];
  readonly strategy: Strategy;
  life: Life = { epoch: EPOCH, incarnation: 0 };
  livingCount = 1;

  constructor({ members = [], plain = [], ...options }: Setting = {}) {
    const dice = new Dice(7);
    for (const node of members) this.#place(member(node));
    this.strategy = new Strategy({
      ...options,
      rows: this.rows,
      timing: { heartbeatIntervalMs: INTERVAL_MS },
      random: () => dice.float(),
      livingCount: () => this.livingCount,
      ownLife: () => this.life,
      speaks: (node) => !plain.includes(node),
      commands: this.commands,
      watch: (_now, node) => this.watched.add(node),
      unwatch: (node) => this.watched.delete(node),
    });
    this.strategy.start(0);
  }

  /** The row becomes this one. */
  row(now: number, node: string, change: Partial<RowFields> = {}): void {
    const before = this.rows.get(node);
    this.#count(before, -1);
    this.#place(member(node, change));
    this.strategy.handleRow(now, { node, before, after: this.rows.get(node) });
  }

  forget(now: number, node: string): void {
    const before = this.rows.get(node);
    this.#count(before, -1);
    this.rows.delete(node);
    this.strategy.handleRow(now, { node, before, after: undefined });
  }

  hear(now: number, id: string, data: HeartbeatData, change: Partial<Speaker> = {}): void {
    this.strategy.handleHeartbeat(now, speaker(id, change), data);
  }

  /** Lets time pass up to `now`. Returns what is sent, one list for each time at which anything is. */
  pass(now: number): Command[][] {
    const all: Command[][] = [];
    while (this.strategy.dueAt <= now) {
      this.strategy.handleTimeout(this.strategy.dueAt);
      all.push(this.take());
    }
    return all;
  }

  /** What was sent since. */
  take(): Command[] {
    return this.commands.splice(0);
  }

  #place(fields: RowFields): void {
    this.#count(this.rows.set(fields), 1);
  }

  #count(row: RowFields | undefined, change: 1 | -1): void {
    if (row?.state === "alive" || row?.state === "suspect") this.livingCount += change;
  }
}

export function heartbeats(commands: readonly Command[]): Heartbeat[] {
  return commands.filter((command) => command.kind === "heartbeat");
}

export function receivers(commands: readonly Command[]): string[] {
  return heartbeats(commands).map(({ to }) => to);
}
