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
import { MapRows, type Row, type RowFields, type Rows } from "./rows.js";
import type { Standing } from "./self.js";
import { MESH_MEMBERS_MAX, Strategy } from "./strategy.js";
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
    const { rows = new MapRows() } = options;
    this.#options = options;
    this.rows = rows;
    const setOwn = (row: RowFields) => this.#table.setOwn(row);
    this.#own = new OwnMember({ ...options, changed: setOwn });
    const changed = (change: RowChange) => this.#handleChange(change);
    this.#table = new MemberTable({ own: this.#own.row, rows, changed });
    this.#company = new Company({
      random: options.random,
      timing: options.timing,
      table: this.#table,
      connections: this.#connections,
    });
    const shared = this.#shared();
    this.#twins = new Twins(shared);
    this.#detector = new Detector(shared);
    this.#strategy = new Strategy(shared);
    this.#sync = new TableSync(shared);
    this.#syncing = new Syncing({ sync: this.#sync, ...shared });
    this.#telling = new Telling({ strategy: this.#strategy, ...shared });
    this.#beliefs = this.#makeBeliefs();
    this.#listening = new Listening({
      beliefs: this.#beliefs,
      strategy: this.#strategy,
      stranger: (id) => this.#syncing.ask(id),
      ...shared,
    });
  }

  get livingCount(): number {
    return this.#table.livingCount;
  }

  /** The own row, which only the node itself changes. */
  get own(): Row {
    return this.#table.own;
  }

  get standing(): Standing {
    return this.#own.standing;
  }

  start(now: number): void {
    this.#isRunning = true;
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
    const hasSlept = this.#noticeStall(now);
    const isOfNoAccount = this.#listening.handleMessage(now, from, message);
    // It makes nothing due any earlier, so the wake-up that was asked for will do.
    if (!isOfNoAccount || hasSlept || this.#commands.length > 0) this.#finish(now);
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

  #noticeStall(now: number): boolean {
    const hasSlept = now > this.#wakeAt + STALL_MAX_MS;
    if (hasSlept) this.#syncing.soon(now);
    return hasSlept;
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

  /**
   * What the parts have to know, and of each other. One literal for all of them, so that it has one shape however
   * many memberships one process simulates; what is put together by spreading has one of its own each time.
   */
  #shared() {
    const { node, role, timing, random, unixTimeMs, since, localHealth = true } = this.#options;
    const { dissemination = "auto", meshMembersMax = MESH_MEMBERS_MAX } = this.#options;
    return {
      node,
      role,
      timing,
      random,
      unixTimeMs,
      since,
      localHealth,
      dissemination,
      meshMembersMax,
      own: this.#own,
      table: this.#table,
      rows: this.rows,
      surroundings: this.#company,
      // What is asked and told goes to one list, under numbers of one series.
      commands: this.#commands,
      verdicts: this.#verdicts,
      takeToken: () => ++this.#lastToken,
      speaks: (of: string) => this.#company.speaks(of),
      isOpen: (to: string) => this.#connections.isOpen(to),
      silentMs: (now: number, of: string) => this.#detector.silentMs(now, of),
      livingCount: () => this.#table.livingCount,
      ownLife: () => this.#own.life,
      watched: () => this.#strategy.watched(),
      watch: (now: number, of: string) => this.#watch(now, of),
      unwatch: (of: string) => this.#detector.unwatch(of),
    };
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
      corrected: (now, to, row) => this.#telling.correct(now, to, row),
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
