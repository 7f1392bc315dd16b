import type { Role } from "../wire/message-type.js";
import { LIVENESS, type LivenessTiming } from "./liveness-timing.js";

/** `left` is not a death: the node said so itself and its work was handed over. */
export type MemberState = "alive" | "suspect" | "dead" | "left";

/** What a node tells of itself in `gossip.announce`, and its role. */
export interface MemberFacts {
  readonly role: Role;
  /** Where it is dialled, `host:port`; a node that does not listen has none. */
  readonly address?: string | undefined;
  readonly version?: string | undefined;
  readonly capabilities: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** One row of the member table. Rows are replaced, never changed. */
export interface Member extends MemberFacts {
  readonly node: string;
  readonly state: MemberState;
  /** Since when it is in this state, Unix ms. */
  readonly since: number;
}

export interface MemberChange {
  readonly node: string;
  readonly state: MemberState;
  /** `undefined` for a node that was not known before. */
  readonly previous: MemberState | undefined;
  readonly member: Member;
}

interface Row {
  member: Member;
  heardAt: number;
  /** A dead node's death still has to be told to the others, then. */
  reportAt: number | undefined;
}

/**
 * The member table of one node and the timeline that moves its rows: heard from, a node is alive; silent
 * for `suspectAfterMs` it is suspect, for `deadAfterMs` dead, and a second later its death is to be
 * reported to the others. No clock and no network: `now` comes in, changes and reports go out.
 */
export class Membership {
  readonly #rows = new Map<string, Row>();
  readonly #timing: LivenessTiming;
  readonly #unixTimeMs: () => number;
  #changes: MemberChange[] = [];

  constructor(unixTimeMs: () => number, timing: LivenessTiming = LIVENESS) {
    this.#unixTimeMs = unixTimeMs;
    this.#timing = timing;
  }

  get members(): Member[] {
    return [...this.#rows.values()].map((row) => row.member);
  }

  get(node: string): Member | undefined {
    return this.#rows.get(node)?.member;
  }

  /** The node announced itself, so it is alive and its facts are these. */
  announced(now: number, node: string, facts: MemberFacts): void {
    this.#place(now, node, facts, "alive");
  }

  /** Another node told of this one. Its word makes a node known; only the node itself keeps it alive. */
  learnt(now: number, node: string, facts: MemberFacts): void {
    if (!this.#rows.has(node)) this.#place(now, node, facts, "alive");
  }

  /**
   * A heartbeat came. One from a node that never announced itself tells nothing of where it is.
   *
   * @returns whether there are changes to take; nearly always there are none, and nothing is due earlier
   */
  heard(now: number, node: string): boolean {
    const row = this.#rows.get(node);
    if (row === undefined) return false;
    row.heardAt = now;
    row.reportAt = undefined;
    if (row.member.state === "alive") return false;
    this.#move(row, "alive");
    return true;
  }

  left(now: number, node: string): void {
    const row = this.#rows.get(node);
    if (row !== undefined) this.#place(now, node, row.member, "left");
  }

  /** Moves on every row whose time has come. Returns the dead that are to be reported now. */
  handleTimeout(now: number): { node: string; silentMs: number }[] {
    const reports: { node: string; silentMs: number }[] = [];
    for (const [node, row] of this.#rows) {
      const silentMs = now - row.heardAt;
      const state = this.#stateAfter(row.member.state, silentMs);
      if (state !== row.member.state) this.#move(row, state);
      if (state === "dead" && row.reportAt === undefined) {
        row.reportAt = row.heardAt + this.#timing.reportAfterMs;
      }
      if (row.reportAt !== undefined && now >= row.reportAt) {
        row.reportAt = Number.POSITIVE_INFINITY;
        reports.push({ node, silentMs });
      }
    }
    return reports;
  }

  /** When `handleTimeout` has something to do next. */
  get wakeAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const row of this.#rows.values()) earliest = Math.min(earliest, this.#dueAt(row));
    return earliest;
  }

  takeChanges(): MemberChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  #dueAt({ member, heardAt, reportAt }: Row): number {
    if (member.state === "alive") return heardAt + this.#timing.suspectAfterMs;
    if (member.state === "suspect") return heardAt + this.#timing.deadAfterMs;
    return reportAt ?? Number.POSITIVE_INFINITY;
  }

  #stateAfter(state: MemberState, silentMs: number): MemberState {
    if (state === "left" || state === "dead") return state;
    if (silentMs >= this.#timing.deadAfterMs) return "dead";
    return silentMs >= this.#timing.suspectAfterMs ? "suspect" : "alive";
  }

  #place(now: number, node: string, facts: MemberFacts, state: MemberState): void {
    const { role, address, version, capabilities, metadata } = facts;
    const row = this.#rows.get(node);
    const since = row?.member.since ?? this.#unixTimeMs();
    const known = { node, role, address, version, capabilities, metadata, since };
    if (row === undefined) {
      const member: Member = { ...known, state };
      this.#rows.set(node, { member, heardAt: now, reportAt: undefined });
      this.#changes.push({ node, state, previous: undefined, member });
      return;
    }
    row.heardAt = now;
    row.reportAt = undefined;
    const previous = row.member.state;
    row.member = { ...known, state: previous };
    if (previous !== state) this.#move(row, state);
  }

  #move(row: Row, state: MemberState): void {
    const previous = row.member.state;
    row.member = { ...row.member, state, since: this.#unixTimeMs() };
    this.#changes.push({ node: row.member.node, state, previous, member: row.member });
  }
}
