import { accusersOf } from "./burial.js";
import type { Command, RowChange, Speaker } from "./contract.js";
import type { Detector } from "./detector.js";
import type { MemberFacts } from "./facts.js";
import { compareLife, isLiving, type Life, type News } from "./news.js";
import { newsOf, type Row } from "./rows.js";
import type { Strategy } from "./strategy.js";
import type { Verdict } from "./surroundings.js";
import type { MemberTable, Told } from "./table.js";

export interface BeliefsOptions {
  readonly table: MemberTable;
  readonly detector: Detector;
  readonly strategy: Strategy;
  readonly commands: Command[];
  /** News of the own node, which is no belief. */
  readonly ofOwn: (now: number, news: News) => void;
  /** A member is new here or has come back, and may not know of this node. */
  readonly appeared: (node: string) => void;
  /** Something is missing that only another's table has. */
  readonly lacking: (now: number) => void;
  /** A member speaks in a life that is over, or that is not the latest: it has to hear of that. */
  readonly contradicted: (now: number, row: Row) => void;
  /** Others doubt a member that this node has heard lately: it has to hear of that, and refute it. */
  readonly doubted: (now: number, news: News) => void;
  /** `to` takes a member for dead that has left. */
  readonly corrected: (now: number, to: string, row: Row) => void;
  readonly forgotten: (node: string) => void;
}

/** What a member said of itself on its own connection. */
export interface Sign {
  readonly from: Speaker;
  /** `undefined`: the one that is known. */
  readonly life: Life | undefined;
  readonly facts?: MemberFacts | undefined;
  /** What it promises. */
  readonly nextMs?: number | undefined;
}

/** Why a row changes: others told, the member was heard itself, or this node found that it is gone. */
type Cause = "told" | "heard" | "found";

/**
 * Brings what is told, heard and found to the table, and what becomes of it there to those who go by it: the
 * detector, which asks about members, and the strategy, which tells of them.
 */
export class Beliefs {
  readonly #options: BeliefsOptions;
  #cause: Cause = "told";
  #now = 0;

  constructor(options: BeliefsOptions) {
    this.#options = options;
  }

  /** @param isRelayed whether others are to hear of it from here, if it is new */
  hear(now: number, told: Told, { isRelayed }: { isRelayed: boolean }): void {
    const { table, detector, ofOwn } = this.#options;
    const { news } = told;
    if (news.node === table.own.node) return ofOwn(now, news);
    this.#apply(now, told, detector.isHeardLately(now, news.node, news), isRelayed);
  }

  /** One more sign of life like the last, of which nothing follows. `false`: `hearDirectly` is to be called. */
  hearAgain(now: number, from: Speaker, life: Life, nextMs: number | undefined): boolean {
    const { table, detector } = this.#options;
    const row = table.rows.get(from.id);
    if (row?.state !== "alive" || row.role !== from.role || compareLife(life, row) !== 0)
      return false;
    return detector.heardAgain(now, from.id, row, nextMs);
  }

  /** Returns whether the member is known. */
  hearDirectly(now: number, sign: Sign): boolean {
    const { table, detector, strategy, contradicted } = this.#options;
    const { id } = sign.from;
    const before = table.rows.get(id);
    this.#as(now, "heard");
    const result = table.hearDirectly(now, sign);
    const row = table.rows.get(id);
    if (result === "unknown" || row === undefined) return false;
    if (result !== "alive") contradicted(now, row);
    else {
      detector.heard(now, id, row, sign.nextMs);
      if (row !== before && isNewTo(before, row)) strategy.relay(newsOf(row), id);
    }
    return true;
  }

  /** Takes what the detector has found; `tell` is not for the table. */
  find(now: number, verdict: Exclude<Verdict, { kind: "tell" | "isolated" }>): void {
    const { table } = this.#options;
    const from = table.own.node;
    if (verdict.kind === "unheld") {
      const { news } = verdict;
      return this.#apply(now, { from: news.accusers?.[0] ?? from, news }, false, true);
    }
    const { kind, node, epoch, incarnation } = verdict;
    this.#as(now, "found");
    if (kind === "alive") return void table.dismiss(now, node, { epoch, incarnation });
    const { accusers } = verdict;
    const news: News = { node, state: kind, epoch, incarnation, accusers };
    table.hear(now, { from, news }, false);
  }

  /** To be told of each change of the table. */
  handleChange(change: RowChange): void {
    const { strategy, forgotten } = this.#options;
    const { node, after } = change;
    this.#locate(change);
    strategy.handleRow(this.#now, change);
    if (after !== undefined) return this.#follow(change, after);
    this.#options.detector.gone(node);
    this.#options.commands.push({ kind: "forget", node });
    forgotten(node);
  }

  /** Rows are forgotten only through this, since a change needs its time and cause. */
  forget(now: number): void {
    this.#as(now, "told");
    this.#options.table.forget(now);
  }

  #apply(now: number, told: Told, isHeardLately: boolean, isRelayed: boolean): void {
    const { table, detector, strategy, lacking, doubted } = this.#options;
    const { news, from } = told;
    this.#as(now, "told");
    const verdict = table.hear(now, told, isHeardLately);
    if (verdict === "ignore") return this.#correct(now, told, isRelayed);
    if (verdict === "hold") {
      // It comes back without its teller.
      const held = { ...news, accusers: [...accusersOf(news, from)] };
      detector.holdBack(now, held);
      return doubted(now, held);
    }
    const row = table.rows.get(news.node);
    if (row === undefined) return;
    if (row.state === "suspect") detector.suspected(now, row.node, row, row.accusers);
    if (isRelayed) strategy.relay(newsOf(row), from);
    if (isLiving(row.state) && row.facts.hash !== "" && !row.facts.isComplete) lacking(now);
  }

  /** Who missed that a member left takes it for dead, and nobody else would ever tell: gone rows are not synced. */
  #correct(now: number, { news, from }: Told, isRelayed: boolean): void {
    const { table, corrected } = this.#options;
    const row = table.rows.get(news.node);
    if (!isRelayed || row?.state !== "left" || compareLife(news, row) !== 0) return;
    if (news.state === "suspect" || news.state === "dead") corrected(now, from, row);
  }

  #follow({ node, before }: RowChange, after: Row): void {
    const { detector, appeared } = this.#options;
    if (!isLiving(after.state)) {
      // What this node found itself may still have to be told.
      if (this.#cause !== "found") detector.gone(node);
      return;
    }
    if (before === undefined || !isLiving(before.state)) return appeared(node);
    const isLater = compareLife(after, before) > 0;
    if (isLater && this.#cause === "told") detector.renewed(this.#now, node, after);
  }

  #locate({ node, before, after }: RowChange): void {
    const address = after?.facts.address;
    if (address === undefined || address === before?.facts.address) return;
    this.#options.commands.push({ kind: "locate", node, address });
  }

  #as(now: number, cause: Cause): void {
    this.#now = now;
    this.#cause = cause;
  }
}

/** Whether others have to hear of it: the same life that is no longer suspected is no news to them. */
function isNewTo(before: Row | undefined, row: Row): boolean {
  return before === undefined || !isLiving(before.state) || compareLife(row, before) > 0;
}
