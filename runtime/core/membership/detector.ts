import { Accusations } from "./accusations.js";
import { Attention, STALL_NOTICED_MS } from "./attention.js";
import type { Command, ProbeData, ProbeResultData, Speaker } from "./contract.js";
import { Helper } from "./helper.js";
import { Inquiries, type Reason } from "./inquiries.js";
import type { Subject } from "./inquiry.js";
import { LocalHealth } from "./local-health.js";
import type { Life, News } from "./news.js";
import { ProbeTurns } from "./probe-turns.js";
import type { Surroundings, Verdict } from "./surroundings.js";
import type { MembershipTiming } from "./timing.js";
import { Watch } from "./watch.js";

/** The detector wakes at least this often while it has anything to watch, lest a stall go unnoticed. */
const LOOK_INTERVAL_MAX_MS = 1000;

export interface DetectorOptions {
  /** The own node. */
  readonly node: string;
  readonly timing: MembershipTiming;
  /** In [0, 1). */
  readonly random: () => number;
  readonly surroundings: Surroundings;
  /** Numbers questions, from the same numbers as whoever else asks. */
  readonly takeToken: () => number;
  /** Where commands and verdicts are put, in order. Their owner empties them. */
  readonly commands: Command[];
  readonly verdicts: Verdict[];
  /** Whether this node doubts itself first. Default yes; no exists for comparing how much that is worth. */
  readonly localHealth?: boolean;
}

/**
 * The failure detector of one node: who is silent, is it really, and is it not rather this node that is deaf
 * (SWIM, Das et al. 2002; Lifeguard, Dadgar et al. 2018). It says what it found and keeps no rows; whoever
 * drives it applies its verdicts and tells it of rows that changed for other reasons.
 *
 * `now` is real time in ms on a clock that never goes back. It is translated to attended time here; nothing
 * below this class but the helper knows real time. Every method may put commands and verdicts; after
 * each, `askForWake` says when to call `handleTimeout`.
 */
export class Detector {
  readonly #timing: MembershipTiming;
  readonly #surroundings: Surroundings;
  readonly #verdicts: Verdict[];
  readonly #attention: Attention;
  readonly #health: LocalHealth;
  readonly #watch: Watch;
  readonly #turns: ProbeTurns;
  readonly #inquiries: Inquiries;
  readonly #helper: Helper;
  readonly #random: () => number;
  readonly #lookIntervalMs: number;
  #turnAt: number | undefined;
  #lastAt = 0;
  #askedAt = Number.POSITIVE_INFINITY;

  constructor(options: DetectorOptions) {
    const { timing, surroundings, random, verdicts, localHealth: isOn = true } = options;
    this.#timing = timing;
    this.#surroundings = surroundings;
    this.#verdicts = verdicts;
    this.#random = random;
    this.#attention = new Attention({ isOn });
    this.#health = new LocalHealth(isOn ? {} : { scoreMax: 0 });
    this.#watch = new Watch(timing);
    this.#turns = new ProbeTurns(random);
    const watchedCount = () => this.#watch.size;
    const accusations = new Accusations({ timing, watchedCount, verdicts });
    this.#inquiries = new Inquiries({ health: this.#health, accusations, ...options });
    this.#helper = new Helper({
      lifeOf: (node) => surroundings.lifeOf(node),
      addressOf: (node) => surroundings.addressOf(node),
      ...options,
    });
    this.#lookIntervalMs = lookIntervalMs(timing);
  }

  /** 0…8; above 0 this node has been slow or mistaken lately and is patient with others for it. */
  get healthScore(): number {
    return this.#health.score;
  }

  /** What is kept, to be compared over time: with nobody to watch and nobody in doubt all are 0. */
  get counts(): { watched: number; inquiries: number; questions: number; errands: number } {
    return {
      watched: this.#watch.size,
      inquiries: this.#inquiries.size,
      questions: this.#inquiries.questionCount,
      errands: this.#helper.openCount,
    };
  }

  /** From now on `node` owes heartbeats to this one. `promiseMs`: see `Watch.watch`. */
  watch(now: number, node: string, life: Life, promiseMs?: number): void {
    const at = this.#attend(now);
    this.#watch.watch(at, node, life, promiseMs);
    this.#turns.add(node);
    if (this.#timing.probeIntervalMs === undefined) return;
    this.#turnAt ??= at + this.#random() * this.#timing.probeIntervalMs;
  }

  /** It owes no more. An inquiry about it goes on, and news of it that was held back is given out. */
  unwatch(node: string): void {
    const news = this.#watch.unwatch(node);
    this.#turns.remove(node);
    if (news !== undefined) this.#verdicts.push({ kind: "unheld", news });
  }

  /**
   * A sign of life that came from the node itself: a heartbeat, an announcement, its end of a connection.
   *
   * @param nextMs the promise in a heartbeat or announcement, where it has one
   */
  heard(now: number, node: string, life: Life, nextMs?: number): void {
    const at = this.#attend(now);
    this.#watch.heard(at, node, life, nextMs);
    this.#inquiries.heard(at, node, life);
    this.#helper.heard(node);
  }

  /**
   * One more sign of life like the last, of which nothing follows: no wake-up is due earlier. `false`: something
   * may, so `heard` is to be called.
   */
  heardAgain(now: number, node: string, life: Life, nextMs: number | undefined): boolean {
    const at = this.#attend(now);
    if (this.#helper.openCount > 0 || !this.#inquiries.heardAgain(at, node)) return false;
    return this.#watch.heardAgain(at, node, life, nextMs);
  }

  /** Whether this node has heard that life so lately that no other's word outweighs it. */
  isHeardLately(now: number, node: string, life: Life): boolean {
    return this.#watch.isHeardLately(this.#attendedAt(now), node, life);
  }

  /** How long ago a watched node was heard, in attended ms. */
  silentMs(now: number, node: string): number | undefined {
    return this.#watch.silentMs(this.#attendedAt(now), node);
  }

  /**
   * News of a suspicion or death of a life heard lately: it waits, and the node is asked. Its accusers have
   * to be named in it, since it comes back without its teller.
   */
  holdBack(now: number, news: News): void {
    const at = this.#attend(now);
    this.#watch.hold(news);
    this.#inquiries.doubted(at, this.#subject(news.node, news), news.accusers ?? []);
  }

  /** A row became SUSPECT, or was confirmed so, on the word of `accusers`. */
  suspected(now: number, node: string, life: Life, accusers: readonly string[]): void {
    const at = this.#attend(now);
    const isWatched = this.#watch.has(node);
    this.#inquiries.accused(at, this.#subject(node, life), accusers, isWatched);
  }

  /** The last connection to a member broke without a goodbye. */
  lost(now: number, node: string, life: Life): void {
    const at = this.#attend(now);
    if (this.#timing.inquiresLost) this.#inquiries.begin(at, this.#subject(node, life), "lost");
  }

  /** A row became ALIVE with a newer life on the word of others. */
  renewed(now: number, node: string, life: Life): void {
    const at = this.#attend(now);
    this.#watch.vouched(at, node, life);
    this.#inquiries.renewed(node, life);
  }

  /** A row became LEFT, or DEAD on the word of others, or was forgotten. It is not watched any more either. */
  gone(node: string): void {
    this.unwatch(node);
    this.#inquiries.forget(node);
  }

  /** Others took this node for dead or suspected it, and it refuted that. */
  refuted(): void {
    this.#health.note("refuted");
  }

  /** Returns whether the token belongs to the detector. */
  handlePong(now: number, token: number, rttMs: number): boolean {
    this.#attend(now);
    const subject = this.#inquiries.handlePong(token);
    if (subject !== undefined) this.heard(now, subject.node, subject);
    const target = this.#helper.handlePong(token, rttMs);
    const life = target === undefined ? undefined : this.#surroundings.lifeOf(target);
    if (target !== undefined && life !== undefined) this.heard(now, target, life);
    return subject !== undefined || target !== undefined;
  }

  /** Returns whether the token belongs to the detector. What cannot be reached at all is a `timeout`. */
  handleNoPong(now: number, token: number, why: "refused" | "timeout"): boolean {
    this.#attend(now);
    return this.#inquiries.handleNoPong(token, why) || this.#helper.handleNoPong(now, token, why);
  }

  /** A peer asks for help; answered by a command `probe-result`, or not at all. */
  handleProbe(now: number, from: Speaker, token: number, probe: ProbeData): void {
    this.#attend(now);
    this.#helper.handleProbe(now, from, token, probe);
  }

  /** What a helper answered; `undefined`: nothing in time. */
  handleProbeResult(now: number, token: number, result: ProbeResultData | undefined): void {
    const at = this.#attend(now);
    const reached = this.#inquiries.handleProbeResult(token, result);
    if (reached !== undefined) this.#watch.vouched(at, reached.node, reached);
  }

  /** Moves on whatever is due. After a stall only once the sockets have been read. */
  handleTimeout(now: number): void {
    const at = this.#attend(now);
    if (!this.#attention.isSteady) return;
    this.#helper.handleTimeout(now);
    this.#takeLate(at);
    this.#takeTurn(at);
    this.#inquiries.handleTimeout(at);
  }

  /**
   * Asks for the next wake-up: when `handleTimeout` is to be called, real time; `Infinity`: not at all. To
   * be called after all the others; a wake-up that comes later than asked for is taken for a stall.
   */
  askForWake(): number {
    const steadyAt = this.#attention.realTimeOf(this.#attention.steadyFromAt);
    const dueAt = Math.min(this.#helper.nextAt, this.#attention.realTimeOf(this.#judgeAt));
    const lookAt = this.#hasDoubts ? this.#lastAt + this.#lookIntervalMs : Number.POSITIVE_INFINITY;
    this.#askedAt = Math.min(Math.max(dueAt, steadyAt), lookAt);
    return this.#askedAt;
  }

  /** The next judgement, in attended time. */
  get #judgeAt(): number {
    const turnAt = this.#turnAt ?? Number.POSITIVE_INFINITY;
    return Math.min(this.#watch.nextAt, this.#inquiries.nextAt, turnAt);
  }

  /** Whether anything depends on how attentive this node is. */
  get #hasDoubts(): boolean {
    return this.#watch.size > 0 || this.#inquiries.size > 0;
  }

  #attendedAt(now: number): number {
    return this.#attention.timeAt(now, this.#askedAt);
  }

  #attend(now: number): number {
    const stalledMs = this.#attention.attend(now, this.#askedAt);
    this.#lastAt = now;
    this.#health.stalled(stalledMs);
    if (stalledMs > STALL_NOTICED_MS) this.#helper.abandon();
    return this.#attention.now;
  }

  #takeLate(at: number): void {
    for (
      let event = this.#watch.takeDue(at);
      event !== undefined;
      event = this.#watch.takeDue(at)
    ) {
      if (event.kind === "unheld") this.#verdicts.push(event);
      else this.#ask(at, event.node, "late");
    }
  }

  #takeTurn(at: number): void {
    const { probeIntervalMs } = this.#timing;
    if (this.#turnAt === undefined || at < this.#turnAt || probeIntervalMs === undefined) return;
    const node = this.#turns.take();
    this.#turnAt = node === undefined ? undefined : at + this.#health.scaled(probeIntervalMs);
    if (node !== undefined) this.#ask(at, node, "turn");
  }

  #ask(at: number, node: string, reason: Reason): void {
    const life = this.#watch.lifeOf(node);
    if (life !== undefined) this.#inquiries.begin(at, this.#subject(node, life), reason);
  }

  #subject(node: string, { epoch, incarnation }: Life): Subject {
    return { node, epoch, incarnation, patience: this.#watch.patienceWith(node) };
  }
}

/** No longer than the time between two points that must not be slept through. */
function lookIntervalMs({
  probeIntervalMs,
  noAnswerAfterMs,
  lateAfterMs,
}: MembershipTiming): number {
  const intervalMs = probeIntervalMs ?? LOOK_INTERVAL_MAX_MS;
  return Math.min(LOOK_INTERVAL_MAX_MS, intervalMs, noAnswerAfterMs - lateAfterMs);
}
