import type { Command, ProbeData } from "./contract.js";
import type { Inquiry } from "./inquiry.js";

/** Helpers that are asked at once: SWIM's k. Three miss a living member only if each path is lost. */
const HELPER_COUNT = 3;

/** What `timeout_ms` of a probe may be on the wire. */
const PROBE_TIMEOUT_MAX_MS = 60_000;

/** What was asked: the member itself, or a helper about it. */
export interface Question {
  readonly inquiry: Inquiry;
  /** `undefined`: the member itself. */
  readonly helper: string | undefined;
}

export interface QuestionsOptions {
  /** Where commands go. */
  readonly commands: Command[];
  /** Numbers questions; whoever else asks takes from the same numbers. */
  readonly takeToken: () => number;
  helpersFor(node: string, countMax: number): readonly string[];
  addressOf(node: string): string | undefined;
}

/** The questions of all inquiries that may still be answered, each under its token. */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #open = new Map<number, Question>();

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Asks the member itself. */
  ping(inquiry: Inquiry): void {
    const token = this.#note({ inquiry, helper: undefined });
    const timeoutMs = inquiry.untilConcludedMs("ping");
    this.#options.commands.push({ kind: "ping", to: inquiry.subject.node, token, timeoutMs });
    inquiry.pingsUnanswered += 1;
  }

  /** Asks helpers whether they reach it. */
  askHelpers(inquiry: Inquiry): void {
    const { commands, helpersFor } = this.#options;
    const timeoutMs = inquiry.untilConcludedMs("ask");
    const data = this.#probe(inquiry.subject.node, timeoutMs);
    for (const helper of helpersFor(inquiry.subject.node, HELPER_COUNT)) {
      const token = this.#note({ inquiry, helper });
      commands.push({ kind: "probe", to: helper, token, data, timeoutMs });
      inquiry.silentHelpers.push(helper);
    }
  }

  get(token: number): Question | undefined {
    return this.#open.get(token);
  }

  /** The question is answered for good. */
  close(token: number): void {
    this.#open.delete(token);
  }

  /** No answer to any question of this inquiry is of use any more. */
  drop(inquiry: Inquiry): void {
    for (const token of inquiry.tokens) this.#open.delete(token);
    inquiry.tokens = [];
  }

  #probe(node: string, timeoutMs: number): ProbeData {
    const address = this.#options.addressOf(node);
    const timeout_ms = Math.min(PROBE_TIMEOUT_MAX_MS, Math.max(1, Math.round(timeoutMs)));
    if (address === undefined) return { target_node: node, timeout_ms };
    return { target_node: node, target_address: address, timeout_ms };
  }

  #note(question: Question): number {
    const token = this.#options.takeToken();
    this.#open.set(token, question);
    question.inquiry.tokens.push(token);
    return token;
  }
}
