import { accusersOf, credible, joinedAccusers } from "./burial.js";
import type { RowChange, Speaker } from "./contract.js";
import { factsAfter, isSameFacts, type MemberFacts, NO_FACTS } from "./facts.js";
import { GoneRows } from "./gone-rows.js";
import { isLiving, type Life, type News, relationOf } from "./news.js";
import { judge, type Verdict } from "./precedence.js";
import { hashedRow, type Row, type RowFields, type Rows } from "./rows.js";
import { TableHash } from "./table-hash.js";

/** News and who brought it; the own node for what it found out itself. */
export interface Told {
  readonly from: string;
  readonly news: News;
  /** All facts of the member, where they came along. */
  readonly facts?: MemberFacts | undefined;
}

/** What a member said of itself on its own connection. */
export interface DirectSign {
  readonly from: Pick<Speaker, "id" | "role" | "speaks">;
  /** `undefined`: it did not say, so it is the one that is known. */
  readonly life?: Life | undefined;
  /** What it announced. */
  readonly facts?: MemberFacts | undefined;
}

/**
 * What a sign of life met. `unknown`: who it is has to be asked. `alive`: all is well. `buried`: that life
 * was declared over, and `outdated`: a later one is known; then its node has to be told, so that it refutes.
 */
export type SignResult = "unknown" | "alive" | "buried" | "outdated";

export interface TableOptions {
  readonly own: RowFields;
  /** Those that are there already count from the beginning. */
  readonly rows: Rows;
  readonly changed: (change: RowChange) => void;
}

/**
 * What one node holds true of all others: one row each, moved by news as `precedence.ts` says and by signs
 * of life that the node heard itself. The own row stands beside them. It counts in the hash and among the
 * living, but nothing that is told here changes it.
 */
export class MemberTable {
  readonly rows: Rows;
  readonly hash = new TableHash();
  readonly #changed: (change: RowChange) => void;
  readonly #gone = new GoneRows();
  #own: Row | undefined;
  #livingCount = 0;

  constructor({ own, rows, changed }: TableOptions) {
    this.rows = rows;
    this.#changed = changed;
    this.setOwn(own);
    this.#adopt();
  }

  get own(): Row {
    if (this.#own === undefined) throw new Error("the own row is set from the beginning");
    return this.#own;
  }

  setOwn(fields: RowFields): void {
    const row = hashedRow(fields, this.#own);
    this.#count(this.#own, row);
    this.#own = row;
  }

  /** Takes over the rows that are there. How long gone ones have been gone nobody knows, so they are dropped. */
  #adopt(): void {
    const dropped: string[] = [];
    for (const row of this.rows) {
      if (isLiving(row.state) && row.node !== this.own.node) this.#count(undefined, row);
      else dropped.push(row.node);
    }
    for (const node of dropped) this.rows.delete(node);
  }

  /** Alive and suspected members, the own node included unless it left. */
  get livingCount(): number {
    return this.#livingCount;
  }

  /** How many could accuse a member: all living ones but itself, the own node included. */
  voterCount(node: string): number {
    const row = this.rows.get(node);
    return this.#livingCount - (row !== undefined && isLiving(row.state) ? 1 : 0);
  }

  get #isFull(): boolean {
    return this.#livingCount >= LIVING_COUNT_MAX;
  }

  /**
   * Takes what is told of another member.
   *
   * @param isHeardLately whether this node itself has heard that life so lately that it may come again
   * @returns what became of it. `hold`: nothing yet; the caller brings it again when the heartbeat is late
   */
  hear(now: number, told: Told, isHeardLately: boolean): Verdict {
    const { node } = told.news;
    const row = this.rows.get(node);
    const isTaken = node !== this.own.node && (row !== undefined || !this.#isFull);
    // Most news is old; what is said of a death no longer matters where its life is over anyway.
    if (!isTaken || judge(row, told.news) === "ignore") {
      this.#complete(now, row, told);
      return "ignore";
    }
    const accusers = accusersOf(told.news, told.from);
    const news = credible(told.news, accusers, this.voterCount(node));
    const verdict = judge(row, news);
    if (verdict === "hold" && isHeardLately) return "hold";
    if (row !== undefined && verdict === "confirm") return this.#confirm(row, accusers);
    this.#accept(now, row, { ...told, news }, accusers);
    return "accept";
  }

  /** Takes a sign of life from the member itself: a heartbeat, an answer to a ping, an announcement. */
  hearDirectly(now: number, { from, life, facts }: DirectSign): SignResult {
    const row = this.rows.get(from.id);
    if (row === undefined && (facts === undefined || this.#isFull)) return "unknown";
    const relation = row === undefined || life === undefined ? "same" : relationOf(life, row);
    if (relation === "older" || relation === "older-epoch") return "outdated";
    if (relation === "same" && row !== undefined) {
      // Nearly all are heartbeats of members that are alive anyway.
      if (row.state === "alive" && row.role === from.role && facts === undefined) return "alive";
      // Who knows only the specification cannot refute, so its heartbeats do.
      if (!isLiving(row.state) && from.speaks) return "buried";
    }
    this.#revive(now, row, { from, life, facts });
    return "alive";
  }

  /** Takes back a suspicion of that life, which was found to live after all. `false`: there is none. */
  dismiss(now: number, node: string, life: Life): boolean {
    const row = this.rows.get(node);
    if (row?.state !== "suspect" || relationOf(life, row) !== "same") return false;
    this.#store(now, { ...row, state: "alive", accusers: [] });
    return true;
  }

  /** Forgets who has been gone for long, or longest among too many. */
  forget(now: number): void {
    for (;;) {
      const node = this.#gone.next(now, this.#livingCount);
      if (node === undefined) return;
      const before = this.rows.get(node);
      this.#gone.returned(node);
      this.rows.delete(node);
      this.#changed({ node, before, after: undefined });
    }
  }

  /** When `forget` has something to do next. */
  get forgetAt(): number {
    return this.#gone.dueAt;
  }

  #revive(now: number, row: Row | undefined, { from, life, facts }: DirectSign): void {
    const { id: node, role } = from;
    const { epoch, incarnation } = life ?? row ?? UNTOLD_LIFE;
    const fields: RowFields = {
      node,
      role,
      state: "alive",
      epoch,
      incarnation,
      facts: facts ?? row?.facts ?? NO_FACTS,
      accusers: [],
    };
    if (row === undefined || !isSame(row, fields)) this.#store(now, fields);
  }

  #confirm(row: Row, accusers: readonly string[]): Verdict {
    const joined = joinedAccusers(row.accusers, accusers);
    if (joined === row.accusers) return "ignore";
    this.rows.set({ ...row, accusers: joined });
    return "confirm";
  }

  /** Old news may still bring the capabilities and labels that were missing: their hash names them. */
  #complete(now: number, row: Row | undefined, { news, facts }: Told): void {
    if (row === undefined || facts === undefined || row.facts.isComplete) return;
    const isNamed = row.facts.hash !== "" && row.facts.hash === facts.hash;
    const isUnnamed = row.facts.hash === "" && relationOf(news, row) === "same";
    if (isLiving(row.state) && (isNamed || isUnnamed)) this.#store(now, { ...row, facts });
  }

  #accept(
    now: number,
    row: Row | undefined,
    { news, facts }: Told,
    accusers: readonly string[],
  ): void {
    const { node, state, epoch, incarnation } = news;
    const isAccused = state === "suspect" || state === "dead";
    this.#store(now, {
      node,
      role: news.role ?? row?.role ?? "node",
      state,
      epoch,
      incarnation,
      facts: facts ?? factsAfter(news, row?.facts ?? NO_FACTS),
      accusers: isAccused ? joinedAccusers([], accusers) : [],
    });
  }

  #store(now: number, fields: RowFields): void {
    const { node } = fields;
    const before = this.rows.get(node);
    const after = this.rows.set(fields);
    this.#count(before, after);
    if (isLiving(after.state)) this.#gone.returned(node);
    else this.#gone.went(now, node);
    this.#changed({ node, before, after });
    this.forget(now);
  }

  #count(before: Row | undefined, after: Row): void {
    if (before !== undefined && isLiving(before.state)) {
      this.hash.remove(before.hash, before.facts.isComplete);
      this.#livingCount -= 1;
    }
    if (!isLiving(after.state)) return;
    this.hash.add(after.hash, after.facts.isComplete);
    this.#livingCount += 1;
  }
}

/** Who would be one more is not taken in, lest a peer that makes up members fill the memory of all. */
export const LIVING_COUNT_MAX = 16_384;

/** The life of a peer that said nothing of its life: earlier than every one that is told. */
const UNTOLD_LIFE: Life = { epoch: 0, incarnation: 0 };

function isSame(row: Row, fields: RowFields): boolean {
  const isSameState = row.state === fields.state && row.role === fields.role;
  return isSameState && relationOf(fields, row) === "same" && isSameFacts(row.facts, fields.facts);
}
