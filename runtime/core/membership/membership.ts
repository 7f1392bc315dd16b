import type { GossipLeave } from "../../../generated/messages/gossip/leave.js";
import { Beliefs } from "./beliefs.js";
import { Connections, sampleOf } from "./connections.js";
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
import { doubtIn, factsIn, leaveIn, lifeIn } from "./message-news.js";
import { knownNews, type News } from "./news.js";
import { OwnMember } from "./own-member.js";
import { MapRows, type Rows } from "./rows.js";
import { Strategy } from "./strategy.js";
import type { Verdict } from "./surroundings.js";
import { TableSync } from "./sync.js";
import { Syncing } from "./syncing.js";
import { MemberTable } from "./table.js";
import { Telling } from "./telling.js";

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
  readonly #table: MemberTable;
  readonly #detector: Detector;
  readonly #strategy: Strategy;
  readonly #sync: TableSync;
  readonly #syncing: Syncing;
  readonly #beliefs: Beliefs;
  readonly #telling: Telling;
  #lastToken = 0;
  #wakeAt = NEVER;
  #isSpeaking = false;
  /** Under which somebody is asked who may have this node's id. */
  #twin: { readonly token: number; readonly news: News } | undefined;

  constructor(options: MembershipOptions) {
    this.#options = options;
    const rows = options.rows ?? new MapRows();
    this.rows = rows;
    this.#own = new OwnMember({ ...options, changed: (row) => this.#table.setOwn(row) });
    const changed = (change: RowChange) => this.#handleChange(change);
    this.#table = new MemberTable({ own: this.#own.row, rows, changed });
    this.#detector = this.#makeDetector();
    this.#strategy = this.#makeStrategy();
    this.#sync = new TableSync({ table: this.#table, since: options.since });
    this.#syncing = new Syncing({
      ...options,
      ...this.#shared,
      sync: this.#sync,
      rows,
      watched: () => this.#strategy.watched(),
    });
    this.#telling = new Telling({
      ...options,
      ...this.#shared,
      own: this.#own,
      strategy: this.#strategy,
      rows,
      isOpen: (node) => this.#connections.isOpen(node),
      silentMs: (now, node) => this.#detector.silentMs(now, node),
    });
    this.#beliefs = this.#makeBeliefs();
  }

  get livingCount(): number {
    return this.#table.livingCount;
  }

  start(now: number): void {
    this.#isSpeaking = true;
    this.#strategy.start(now);
    this.#syncing.start(now);
    this.#telling.start(now);
    this.#finish(now);
  }

  stop(now: number): void {
    this.#silence();
    this.#finish(now);
  }

  leave(now: number, leave: GossipLeave): void {
    if (this.#isSpeaking && this.#own.standing === "member") {
      this.#own.leave();
      this.#strategy.tell(this.#own.leaveWord(leave));
    }
    this.stop(now);
  }

  handleTimeout(now: number): void {
    if (!this.#isSpeaking) return;
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
    if (from.id === this.#options.node) return;
    this.#noticeStall(now);
    const known = this.rows.get(from.id);
    switch (message.kind) {
      case "announce": {
        const { data } = message;
        const facts = factsIn(from.role, data);
        const life = lifeIn(data, from, known);
        this.#beliefs.hearDirectly(now, { from, life, facts, nextMs: data.next_ms });
        break;
      }
      case "heartbeat":
        this.#handleHeartbeat(now, from, message.data);
        break;
      case "leave":
        this.#hear(now, from, leaveIn(message.data, from, known));
        break;
      case "suspect": {
        const { suspect_node: node } = message.data;
        const life = node === this.#options.node ? this.#own.life : this.rows.get(node);
        this.#hear(now, from, doubtIn(message.data, life));
      }
    }
    this.#finish(now);
  }

  handlePong(now: number, token: number, rttMs: number): void {
    if (token === this.#twin?.token) this.#settleTwin(now, true);
    else this.#detector.handlePong(now, token, rttMs);
    this.#finish(now);
  }

  handleNoPong(now: number, token: number, why: "refused" | "timeout"): void {
    if (token === this.#twin?.token) this.#settleTwin(now, false);
    else this.#detector.handleNoPong(now, token, why);
    this.#finish(now);
  }

  handleProbe(now: number, from: Speaker, token: number, probe: ProbeData): void {
    this.#detector.handleProbe(now, from, token, probe);
    this.#finish(now);
  }

  handleProbeResult(now: number, token: number, result: ProbeResultData | undefined): void {
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
    // Its process may be later than the one that is known.
    this.#beliefs.hearDirectly(now, {
      from: peer,
      life: lifeIn({}, peer, this.rows.get(peer.id)),
    });
    this.#telling.introduce(peer.id);
    this.#finish(now);
  }

  handleLost(now: number, node: string, how: { isLast: boolean; goodbye: boolean }): void {
    if (how.isLast) this.#connections.closed(node);
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

  #handleHeartbeat(
    now: number,
    from: Speaker,
    data: Extract<MemberMessage, { kind: "heartbeat" }>["data"],
  ): void {
    const life = lifeIn(data, from, this.rows.get(from.id));
    const isKnown = this.#beliefs.hearDirectly(now, { from, life, nextMs: data.next_ms });
    // It counts this node among the members, so it has a table that is worth knowing.
    if (!isKnown && this.#isSpeaking) this.#syncing.ask(from.id);
    const { news: all, ...rest } = data;
    if (all === undefined) return this.#strategy.handleHeartbeat(now, from, rest);
    const news = knownNews(all);
    for (const one of news) this.#hear(now, from, one);
    this.#strategy.handleHeartbeat(now, from, { ...rest, news });
  }

  #hear(now: number, from: Speaker, news: News | undefined): void {
    if (news === undefined) return;
    this.#beliefs.hear(now, { from: from.id, news }, { isRelayed: true });
  }

  /** What others tell of this node itself. */
  #hearOfOwn(now: number, news: News): void {
    if (!this.#isSpeaking) return;
    const result = this.#own.handleNews(now, news);
    if (result === "refuted") this.#detector.refuted();
    if (result === "refuted" || result === "renewed") this.#telling.announce();
    if (result === "twin") this.#seekTwin(news);
  }

  /** Asks at the address that was told of this node whether somebody there goes by its id. */
  #seekTwin(news: News): void {
    const { node, timing } = this.#options;
    const { address } = news;
    if (address === undefined) return;
    const token = this.#takeToken();
    const timeoutMs = timing.noAnswerAfterMs - timing.lateAfterMs;
    this.#twin = { token, news };
    this.#commands.push({ kind: "locate", node, address });
    this.#commands.push({ kind: "ping", to: node, token, timeoutMs });
  }

  #settleTwin(now: number, isThere: boolean): void {
    const { node } = this.#options;
    const twin = this.#twin?.news;
    this.#twin = undefined;
    const mine = this.#own.life.epoch;
    const result = this.#own.settleTwin(now, isThere);
    this.#commands.push({ kind: "forget", node });
    if (result === "renewed") this.#telling.announce();
    if (!isThere || twin === undefined) return;
    const { epoch: other, address = "" } = twin;
    this.#commands.push({ kind: "conflict", node, mine, other, address });
    if (this.#own.standing === "superseded") this.#silence();
  }

  #handleChange(change: RowChange): void {
    this.#changes.push(change);
    this.#beliefs.handleChange(change);
  }

  #silence(): void {
    this.#isSpeaking = false;
    // What was said until now is still to be sent.
    this.#telling.stop();
    this.#strategy.stop();
    this.#syncing.stop();
  }

  #noticeStall(now: number): void {
    if (now > this.#wakeAt + STALL_MAX_MS) this.#syncing.soon(now);
  }

  /** To be called at the end of whatever came in. */
  #finish(now: number): void {
    for (let verdict = this.#verdicts.shift(); verdict; verdict = this.#verdicts.shift()) {
      if (verdict.kind === "tell") this.#telling.report(now, verdict);
      else if (verdict.kind !== "isolated") this.#beliefs.find(now, verdict);
    }
    if (!this.#isSpeaking) {
      this.#wakeAt = NEVER;
      return;
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
      speaks: (node: string) => this.#connections.speaks(node),
    };
  }

  #makeDetector(): Detector {
    const table = this.#table;
    const rows = this.rows;
    const { random } = this.#options;
    return new Detector({
      ...this.#options,
      ...this.#shared,
      verdicts: this.#verdicts,
      surroundings: {
        get livingCount() {
          return table.livingCount;
        },
        voterCount: (node) => table.voterCount(node),
        helpersFor: (node, countMax) => sampleOf(this.#helpersFor(node), countMax, random),
        lifeOf: (node) => rows.get(node),
        addressOf: (node) => rows.get(node)?.facts.address,
      },
    });
  }

  *#helpersFor(node: string): Generator<string> {
    for (const helper of this.#connections.speaking()) {
      if (helper !== node && this.rows.get(helper)?.state === "alive") yield helper;
    }
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
    if (row === undefined) return;
    // Only who understands lives tells its own; all others promise what the specification says.
    const isSpeaking = row.epoch > 0 || this.#connections.speaks(node);
    const { heartbeatIntervalMs } = this.#options.timing;
    this.#detector.watch(now, node, row, isSpeaking ? heartbeatIntervalMs : undefined);
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
