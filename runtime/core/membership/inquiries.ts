import type { Accusations } from "./accusations.js";
import type { Command, ProbeResultData } from "./contract.js";
import { DueQueue } from "./due-queue.js";
import { Findings } from "./findings.js";
import { Inquiry, type Point, type Subject, type TimelinePoint, timelineOf } from "./inquiry.js";
import type { LocalHealth } from "./local-health.js";
import { compareLife, type Life } from "./news.js";
import { Questions } from "./questions.js";
import type { Surroundings, Verdict } from "./surroundings.js";
import { CONFIRM_DELAY_MAX_MS, type MembershipTiming } from "./timing.js";

/** Inquiries that ask at once: a whole mesh. With more, the others wait. */
const ASKING_COUNT_MAX = 512;

/** How long an inquiry waits when too many are asking. */
const WAIT_MS = 500;

/** Why a member is asked: it is silent, its turn has come, its connection was lost, or others accuse it. */
export type Reason = "late" | "turn" | "lost" | "accused";

export interface InquiriesOptions {
  /** The own node. */
  readonly node: string;
  readonly timing: MembershipTiming;
  readonly random: () => number;
  readonly health: LocalHealth;
  readonly accusations: Accusations;
  readonly surroundings: Surroundings;
  readonly takeToken: () => number;
  readonly commands: Command[];
  readonly verdicts: Verdict[];
  /** Whether this node doubts itself first. Default yes. */
  readonly localHealth?: boolean;
}

/**
 * All inquiries of a node, one for each member that is in doubt (SWIM, Das et al. 2002, sections 3.1 and
 * 4.2; Lifeguard, Dadgar et al. 2018). All times are attended ones. What is to be done goes to `commands`,
 * what was found to `verdicts`; both are emptied by their owner.
 *
 * A member is buried only when its time to refute is over, nobody is being asked about it, and two accuse
 * it, as far as there are two who could. While only one does, it is asked about again and again.
 */
export class Inquiries {
  readonly #options: InquiriesOptions;
  readonly #timeline: readonly TimelinePoint[];
  readonly #inquiries = new Map<string, Inquiry>();
  readonly #queue = new DueQueue<Inquiry>();
  readonly #questions: Questions;
  readonly #findings: Findings;
  readonly #asking = new Set<Inquiry>();

  constructor(options: InquiriesOptions) {
    this.#options = options;
    this.#timeline = timelineOf(options.timing);
    this.#findings = new Findings(options);
    const { commands, takeToken, surroundings } = options;
    this.#questions = new Questions({
      commands,
      takeToken,
      helpersFor: (node, countMax) => surroundings.helpersFor(node, countMax),
      addressOf: (node) => surroundings.addressOf(node),
    });
  }

  get size(): number {
    return this.#inquiries.size;
  }

  /** Questions that may still be answered. */
  get questionCount(): number {
    return this.#questions.size;
  }

  /** When `handleTimeout` has something to do; `Infinity`: nothing is in doubt. */
  get nextAt(): number {
    return this.#queue.nextAt;
  }

  has(node: string): boolean {
    return this.#inquiries.has(node);
  }

  /** Begins to ask about a member, if that is not under way or done. */
  begin(at: number, subject: Subject, reason: Reason): void {
    const inquiry = this.#inquiryOf(subject);
    if (inquiry === undefined) return;
    if (!inquiry.isAsking && !inquiry.isConcluded) this.#ask(at, inquiry, reason);
    if (reason === "late") this.#options.accusations.isSilent(inquiry);
  }

  /** Others accuse a member that this node has heard lately: it asks for itself, and knows who accuses. */
  doubted(at: number, subject: Subject, accusers: readonly string[]): void {
    this.begin(at, subject, "accused");
    const inquiry = this.#inquiryOf(subject);
    if (inquiry === undefined) return;
    for (const accuser of accusers) inquiry.suspicion.accuse(accuser, { isPublic: true });
    this.#settle(inquiry);
  }

  /** Others accuse a member, and its row is SUSPECT on their word. Who watches it asks for itself. */
  accused(at: number, subject: Subject, accusers: readonly string[], isWatched: boolean): void {
    const inquiry = this.#inquiryOf(subject);
    if (inquiry === undefined || inquiry.belief === "dead") return;
    for (const accuser of accusers) inquiry.suspicion.accuse(accuser, { isPublic: true });
    this.#findings.suspect(at, inquiry, { isOwn: false });
    if (isWatched) this.begin(at, subject, "accused");
    this.#settle(inquiry);
  }

  /** A sign of life from that member itself, whether or not it is in doubt. */
  heard(at: number, node: string, life: Life): void {
    for (const held of this.#options.accusations.heard(at)) this.#release(at, held);
    const inquiry = this.#inquiries.get(node);
    if (inquiry === undefined || compareLife(life, inquiry.subject) < 0) return;
    this.#acquit(inquiry, undefined);
  }

  /** The same of a member that is not in doubt; `false`: it is, or somebody waits for a sign of life. */
  heardAgain(at: number, node: string): boolean {
    const isInDoubt = this.#inquiries.size > 0 && this.#inquiries.has(node);
    return !isInDoubt && this.#options.accusations.heardAgain(at);
  }

  /** News of a newer life was accepted: what was asked about the former one is settled. */
  renewed(node: string, life: Life): void {
    const inquiry = this.#inquiries.get(node);
    if (inquiry === undefined || compareLife(life, inquiry.subject) <= 0) return;
    this.#close(inquiry);
    this.#findings.noteMistake(inquiry);
  }

  /** The member is gone for good, or its death was told by others. */
  forget(node: string): void {
    const inquiry = this.#inquiries.get(node);
    if (inquiry !== undefined) this.#close(inquiry);
  }

  /** Returns whom the pong is from if the token belongs to a question here; the caller then calls `heard`. */
  handlePong(token: number): Subject | undefined {
    return this.#questions.get(token)?.inquiry.subject;
  }

  /** Returns whether the token belongs to a question here. That no answer came in time is known anyway. */
  handleNoPong(token: number, why: "refused" | "timeout"): boolean {
    const question = this.#questions.get(token);
    if (question === undefined) return false;
    if (why === "refused") {
      question.inquiry.isRefused = true;
      this.#options.accusations.isNotDeafTo(question.inquiry);
    }
    return true;
  }

  /**
   * A helper's answer; `undefined`: it gave none.
   *
   * @returns the member that it reached, if it did
   */
  handleProbeResult(token: number, result: ProbeResultData | undefined): Subject | undefined {
    const question = this.#questions.get(token);
    if (question?.helper === undefined || result === undefined) return undefined;
    const { inquiry, helper } = question;
    this.#questions.close(token);
    inquiry.witnessCount += 1;
    inquiry.silentHelpers = inquiry.silentHelpers.filter((silent) => silent !== helper);
    if (result.reachable) {
      if ((result.epoch ?? inquiry.subject.epoch) < inquiry.subject.epoch) return undefined;
      this.#acquit(inquiry, helper);
      return inquiry.subject;
    }
    inquiry.suspicion.accuse(helper, { isPublic: false });
    this.#settle(inquiry);
    return undefined;
  }

  handleTimeout(at: number): void {
    for (;;) {
      const inquiry = this.#queue.first;
      const step = inquiry?.stepAt(at);
      if (inquiry === undefined || step === undefined) return;
      if (step === "bury") this.#bury(at, inquiry);
      else this.#reach(at, inquiry, step);
      if (inquiry.isOver) this.#close(inquiry);
      else this.#settle(inquiry);
    }
  }

  #reach(at: number, inquiry: Inquiry, point: Point): void {
    if (point === "conclude" && this.#asksAgain(inquiry)) {
      return inquiry.hold(at + inquiry.untilConcludedMs("ask"));
    }
    const waitUntil = this.#waitUntil(at, inquiry, point);
    if (waitUntil > at) return inquiry.hold(waitUntil);
    inquiry.pass();
    switch (point) {
      case "ping":
        this.#asking.add(inquiry);
        return this.#questions.ping(inquiry);
      case "ask":
        this.#options.accusations.isSilent(inquiry);
        return this.#questions.askHelpers(inquiry);
      case "conclude":
        return this.#conclude(inquiry);
      case "suspect":
        return this.#findings.suspect(at, inquiry, { isOwn: true });
      case "report":
        return this.#findings.report(inquiry);
    }
  }

  /** Where most of those that were asked do not answer it may well be this node that is not heard: it tries again. */
  #asksAgain(inquiry: Inquiry): boolean {
    const { localHealth: isOn = true } = this.#options;
    const isUnheard = inquiry.silentHelpers.length > inquiry.witnessCount;
    if (!isOn || !isUnheard || inquiry.isRefused || inquiry.isAskedAgain) return false;
    inquiry.isAskedAgain = true;
    this.#noteSilentHelpers(inquiry);
    this.#questions.ping(inquiry);
    this.#questions.askHelpers(inquiry);
    return true;
  }

  #noteSilentHelpers(inquiry: Inquiry): void {
    for (const _ of inquiry.silentHelpers) this.#options.health.note("helper-silent");
    inquiry.silentHelpers = [];
  }

  #waitUntil(at: number, inquiry: Inquiry, point: Point): number {
    const { accusations, node } = this.#options;
    const isAccusation = point === "conclude" && !inquiry.suspicion.isAccusedBy(node);
    if (isAccusation) return accusations.waitUntil(at, inquiry);
    const isFull = point === "ping" && this.#asking.size >= ASKING_COUNT_MAX;
    return isFull ? at + WAIT_MS : at;
  }

  #conclude(inquiry: Inquiry): void {
    this.#asking.delete(inquiry);
    inquiry.suspicion.accuse(this.#options.node, { isPublic: false });
    this.#noteSilentHelpers(inquiry);
  }

  /** The member's time is over. Accused by too few, it is asked about again instead. */
  #bury(at: number, inquiry: Inquiry): void {
    if (this.#findings.bury(inquiry)) return;
    inquiry.suspicion.prolong(at);
    this.#ask(at, inquiry, "turn");
  }

  #ask(at: number, inquiry: Inquiry, reason: Reason): void {
    const { accusations, health } = this.#options;
    this.#questions.drop(inquiry);
    accusations.forget(inquiry);
    const stretch = health.scaled(inquiry.subject.patience);
    const delayMs = this.#delayMs(reason);
    if (reason === "accused") inquiry.ask(at + delayMs, stretch);
    else inquiry.ask(at, stretch, delayMs);
    this.#settle(inquiry);
  }

  /**
   * Where all notice something at once they are spread over 300 ms, so that the first few tell the others.
   * An accusation delays the question; silence and lost connections only the report, lest detection suffer,
   * and not that either by a timeline that knows only silence: its points hold to the millisecond.
   */
  #delayMs(reason: Reason): number {
    const { random, timing } = this.#options;
    const isSpread = reason !== "turn" && timing.probeIntervalMs !== undefined;
    return isSpread || reason === "accused" ? random() * CONFIRM_DELAY_MAX_MS : 0;
  }

  /** The member gave a sign of life, itself or through a helper. */
  #acquit(inquiry: Inquiry, helper: string | undefined): void {
    this.#close(inquiry);
    this.#findings.acquit(inquiry, helper);
  }

  #release(at: number, inquiry: Inquiry): void {
    inquiry.hold(at);
    this.#settle(inquiry);
  }

  #settle(inquiry: Inquiry): void {
    inquiry.settle();
    this.#queue.hurry(inquiry);
  }

  /** The inquiry about this life, opened if there is none. `undefined` if a later life is in doubt. */
  #inquiryOf(subject: Subject): Inquiry | undefined {
    const known = this.#inquiries.get(subject.node);
    if (known !== undefined) {
      const order = compareLife(subject, known.subject);
      if (order <= 0) return order === 0 ? known : undefined;
      this.#close(known);
    }
    const inquiry = new Inquiry(subject, this.#timeline);
    this.#inquiries.set(subject.node, inquiry);
    this.#queue.add(inquiry);
    return inquiry;
  }

  #close(inquiry: Inquiry): void {
    this.#inquiries.delete(inquiry.subject.node);
    this.#queue.remove(inquiry);
    this.#questions.drop(inquiry);
    this.#asking.delete(inquiry);
    this.#options.accusations.forget(inquiry);
  }
}
