import type { GossipLeave } from "../../../generated/messages/gossip/leave.js";
import { Beliefs } from "./beliefs.js";
import { Company } from "./company.js";
import { Connections } from "./connections.js";
import type {
  Command,
  MemberMessage,
  MembershipCore,
  MembershipOptions,
  Output,
  ProbeData,
  ProbeResultData,
  RowChange,
  Speaker,
  SyncRequestData,
  SyncResponseData,
} from "./contract.js";
import { Detector } from "./detector.js";
import { Listening } from "./listening.js";
import type { News } from "./news.js";
import { OwnMember } from "./own-member.js";
import { MapRows, type Rows } from "./rows.js";
import { Strategy } from "./strategy.js";
import type { Verdict } from "./surroundings.js";
import { TableSync } from "./sync.js";
import { Syncing } from "./syncing.js";
import { MemberTable } from "./table.js";
import { Telling } from "./telling.js";
import { Twins } from "./twins.js";

/** Who slept for longer has missed more than what comes in afterwards makes good. */
const STALL_MAX_MS = 5000;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The membership of one node: it has its parts work together and decides nothing itself. What comes in goes to the
 * table by way of `Beliefs`; the detector finds out who is silent, the strategy spreads what is new, `Syncing` makes
 * good what was missed, and `Telling` speaks for this node.
 */
export class Membership implements MembershipCore {
  readonly rows: Rows;
  readonly #options: MembershipOptions;
  readonly #commands: Command[] = [];
  readonly #verdicts: Verdict[] = [];
  readonly #changes: RowChange[] = [];
  readonly #output = { commands: [] as Command[], changes: [] as RowChange[], wakeAt: NEVER };
  readonly #connections = new Connections();
  readonly #own: OwnMember;
  readonly #company: Company;
  readonly #table: MemberTable;
  readonly #detector: Detector;
  readonly #strategy: Strategy;
  readonly #sync: TableSync;
  readonly #syncing: Syncing;
  readonly #beliefs: Beliefs;
  readonly #telling: Telling;
  readonly #listening: Listening;
  readonly #twins: Twins;
  #lastToken = 0;
  #wakeAt = NEVER;
  /** Between `start` and the end; before and after, nothing is said and what comes in is of no concern. */
  #isRunning = false;

  constructor(options: MembershipOptions) {
    const { node, rows = new MapRows() } = options;
    this.#options = options;
    this.rows = rows;
    this.#own = new OwnMember({ ...options, changed: (row) => this.#table.setOwn(row) });
    const changed = (change: RowChange) => this.#handleChange(change);
    this.#table = new MemberTable({ own: this.#own.row, rows, changed });
    this.#company = new Company({ ...options, table: this.#table, connections: this.#connections });
    const shared = { ...options, ...this.#shared, own: this.#own, rows };
    this.#twins = new Twins(shared);
    const surroundings = this.#company;
    this.#detector = new Detector({ ...shared, verdicts: this.#verdicts, surroundings });
    this.#strategy = this.#makeStrategy();
    this.#sync = new TableSync({ table: this.#table, since: options.since });
    const watched = () => this.#strategy.watched();
    this.#syncing = new Syncing({ ...shared, sync: this.#sync, watched });
    this.#telling = new Telling({
      ...shared,
      strategy: this.#strategy,
      isOpen: (node) => this.#connections.isOpen(node),
      silentMs: (now, node) => this.#detector.silentMs(now, node),
    });
    this.#beliefs = this.#makeBeliefs();
    this.#listening = new Listening({
      node,
      rows,
      ownLife: () => this.#own.life,
      beliefs: this.#beliefs,
      strategy: this.#strategy,
      stranger: (id) => this.#syncing.ask(id),
    });
  }

  get livingCount(): number {
    return this.#table.livingCount;
  }

  start(now: number): void {
    this.#isRunning = true;
    this.#locateAll();
    this.#strategy.start(now);
    this.#syncing.start(now);
    this.#telling.start(now);
    for (const row of this.rows) {
      if (row.state === "suspect") this.#detector.suspected(now, row.node, row, row.accusers);
    }
    this.#finish(now);
  }

  stop(now: number): void {
    this.#end();
    this.#finish(now);
  }

  leave(now: number, leave: GossipLeave): void {
    if (this.#isRunning) {
      this.#own.leave();
      this.#strategy.tell(this.#own.leaveWord(leave));
    }
    this.stop(now);
  }

  handleTimeout(now: number): void {
    if (!this.#isRunning) return;
    this.#noticeStall(now);
    if (this.#own.handleTimeout(now)) this.#telling.announce();
    this.#detector.handleTimeout(now);
    this.#strategy.handleTimeout(now);
    this.#telling.handleTimeout(now);
    this.#syncing.handleTimeout(now);
    this.#beliefs.forget(now);
    if (this.#strategy.takeOverflowCount() > 0) this.#syncing.soon(now);
    this.#finish(now);
  }

  handleMessage(now: number, from: Speaker, message: MemberMessage): void {
    // A twin proves the same id; what it says of itself is no news of another member.
    if (!this.#isRunning || from.id === this.#options.node) return;
    this.#noticeStall(now);
    this.#listening.handleMessage(now, from, message);
    this.#finish(now);
  }

  handlePong(now: number, token: number, rttMs: number): void {
    if (!this.#isRunning) return;
    if (this.#twins.hasAsked(token)) this.#settleTwin(now, true);
    else this.#detector.handlePong(now, token, rttMs);
    this.#finish(now);
  }

  handleNoPong(now: number, token: number, why: "refused" | "timeout"): void {
    if (!this.#isRunning) return;
    if (this.#twins.hasAsked(token)) this.#settleTwin(now, false);
    else this.#detector.handleNoPong(now, token, why);
    this.#finish(now);
  }

  handleProbe(now: number, from: Speaker, token: number, probe: ProbeData): void {
    if (!this.#isRunning) return;
    this.#detector.handleProbe(now, from, token, probe);
    this.#finish(now);
  }

  handleProbeResult(now: number, token: number, result: ProbeResultData | undefined): void {
    if (!this.#isRunning) return;
    this.#detector.handleProbeResult(now, token, result);
    this.#finish(now);
  }

  handleSyncRequest(_now: number, from: Speaker, request: SyncRequestData): SyncResponseData {
    return this.#sync.answer(from, request);
  }

  handleSyncResponse(
    now: number,
    from: Speaker,
    token: number,
    response: SyncResponseData | undefined,
  ): void {
    if (!this.#isRunning) return;
    if (response !== undefined) {
      for (const told of this.#sync.newsIn(from.id, response)) {
        // A newcomer would tell of everybody to everybody; who else lacks it asks as well.
        this.#beliefs.hear(now, told, { isRelayed: false });
      }
    }
    this.#syncing.handleResponse(token, from, response);
    this.#finish(now);
  }

  handleOpened(now: number, peer: Speaker): void {
    if (peer.id === this.#options.node) return;
    this.#connections.opened(peer);
    if (!this.#isRunning) return;
    this.#listening.handleOpened(now, peer);
    this.#telling.introduce(peer.id);
    this.#finish(now);
  }

  handleLost(now: number, node: string, how: { isLast: boolean; goodbye: boolean }): void {
    if (how.isLast) this.#connections.closed(node);
    if (!this.#isRunning) return;
    const row = this.rows.get(node);
    if (how.isLast && !how.goodbye && row?.state === "alive") this.#detector.lost(now, node, row);
    this.#finish(now);
  }

  takeOutput(): Output {
    const { commands, changes } = this.#output;
    moveAll(this.#commands, commands);
    moveAll(this.#changes, changes);
    this.#output.wakeAt = this.#wakeAt;
    return this.#output;
  }

  /** Says where the members are that are known from before. */
  #locateAll(): void {
    for (const { node, facts } of this.rows) {
      const { address } = facts;
      if (address !== undefined) this.#commands.push({ kind: "locate", node, address });
    }
  }

  /** What others tell of this node itself. */
  #hearOfOwn(now: number, news: News): void {
    const result = this.#own.handleNews(now, news);
    if (result === "refuted") this.#detector.refuted();
    if (result === "refuted" || result === "renewed") this.#telling.announce();
    if (result === "twin") this.#twins.seek(news);
  }

  #settleTwin(now: number, isThere: boolean): void {
    if (this.#twins.settle(now, isThere) === "renewed") this.#telling.announce();
    if (this.#own.standing === "superseded") this.#end();
  }

  #handleChange(change: RowChange): void {
    this.#changes.push(change);
    this.#beliefs.handleChange(change);
  }

  /** What was said until now is still to be sent. */
  #end(): void {
    this.#isRunning = false;
    this.#telling.stop();
    this.#strategy.stop();
    this.#syncing.stop();
  }

  #noticeStall(now: number): void {
    if (now > this.#wakeAt + STALL_MAX_MS) this.#syncing.soon(now);
  }

  /** To be called at the end of whatever came in. */
  #finish(now: number): void {
    if (!this.#isRunning) {
      this.#verdicts.length = 0;
      this.#wakeAt = NEVER;
      return;
    }
    for (let verdict = this.#verdicts.shift(); verdict; verdict = this.#verdicts.shift()) {
      if (verdict.kind === "tell") this.#telling.report(now, verdict);
      else if (verdict.kind !== "isolated") this.#beliefs.find(now, verdict);
    }
    this.#telling.greet();
    const dueAt = Math.min(this.#strategy.dueAt, this.#syncing.dueAt, this.#telling.dueAt);
    const ownAt = Math.min(this.#own.dueAt, this.#table.forgetAt);
    this.#wakeAt = Math.min(dueAt, ownAt, this.#detector.askForWake());
  }

  readonly #takeToken = () => ++this.#lastToken;

  /** What is asked and told goes to one list, under numbers of one series. */
  get #shared() {
    return {
      commands: this.#commands,
      takeToken: this.#takeToken,
      speaks: (node: string) => this.#company.speaks(node),
    };
  }

  #makeStrategy(): Strategy {
    return new Strategy({
      ...this.#options,
      ...this.#shared,
      rows: this.rows,
      livingCount: () => this.#table.livingCount,
      ownLife: () => this.#own.life,
      watch: (now, node) => this.#watch(now, node),
      unwatch: (node) => this.#detector.unwatch(node),
    });
  }

  #watch(now: number, node: string): void {
    const row = this.rows.get(node);
    if (row !== undefined) this.#detector.watch(now, node, row, this.#company.promiseOf(node));
  }

  #makeBeliefs(): Beliefs {
    return new Beliefs({
      table: this.#table,
      detector: this.#detector,
      strategy: this.#strategy,
      commands: this.#commands,
      ofOwn: (now, news) => this.#hearOfOwn(now, news),
      appeared: (node) => this.#telling.appeared(node),
      lacking: (now) => this.#syncing.soon(now),
      contradicted: (now, row) => this.#telling.contradict(now, row),
      doubted: (now, news) => this.#telling.warn(now, news),
      forgotten: (node) => {
        this.#connections.forget(node);
        this.#telling.forget(node);
      },
    });
  }
}

function moveAll<Item>(from: Item[], to: Item[]): void {
  if (to.length > 0) to.length = 0;
  if (from.length === 0) return;
  for (const item of from) to.push(item);
  from.length = 0;
}
