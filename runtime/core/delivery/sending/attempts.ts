import type { RnpError } from "../../error.js";
import { keptRetryDelayMs, retryDelayMs } from "../../retry.js";
import type { Backlog } from "./backlog.js";
import type { Outcomes } from "./outcomes.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { RetryBudget } from "./retry-budget.js";
import { timedOut } from "./send-errors.js";
import type { SendWindow } from "./send-window.js";

export interface AttemptsOptions {
  readonly peer: string;
  readonly budget: RetryBudget;
  readonly window: SendWindow;
  readonly backlog: Backlog;
  readonly outcomes: Outcomes;
}

/**
 * Counts the attempts of a sending channel's messages that have failed, and says when another is made: at once on
 * the next connection, after a pause where the peer refused one, or never.
 *
 * An ordered message that was refused pauses all of the channel, as the peer drops what follows it; one without an
 * order waits by itself.
 */
export class Attempts {
  readonly #peer: string;
  readonly #budget: RetryBudget;
  readonly #window: SendWindow;
  readonly #backlog: Backlog;
  readonly #outcomes: Outcomes;
  /** 0: nothing pauses the channel. */
  #pausedUntil = 0;
  /** When the first of those that wait by themselves is sent again. */
  #retryAt = NEVER;
  /** Nothing is overdue before that. */
  #deadlineAt = NEVER;

  constructor({ peer, budget, window, backlog, outcomes }: AttemptsOptions) {
    this.#peer = peer;
    this.#budget = budget;
    this.#window = window;
    this.#backlog = backlog;
    this.#outcomes = outcomes;
  }

  get isPaused(): boolean {
    return this.#pausedUntil > 0;
  }

  /** When to call `handleTimeout`. */
  get wakeAt(): number {
    return Math.min(this.#deadlineAt, this.#retryAt, this.#pausedUntil || NEVER);
  }

  /** A message was taken; it is given up when its time is over. */
  watch({ giveUpAt }: OutgoingMessage): void {
    if (giveUpAt < this.#deadlineAt) this.#deadlineAt = giveUpAt;
  }

  /** What the channel was paused for goes by another connection, or in another epoch. */
  unpause(): void {
    this.#pausedUntil = 0;
  }

  /** The connection was lost, and with it all that was sent on it. */
  connectionLost(now: number, error: RnpError): void {
    this.#pausedUntil = 0;
    const lost = this.#window.messages().filter(({ isSent }) => isSent);
    if (lost.length > 0) this.#budget.failed();
    for (const message of lost) {
      message.lost();
      this.#failed(now, message, error);
    }
  }

  /** No connection could be opened for what waits. What is kept waits on: another process may have to send it. */
  connectFailed(now: number, error: RnpError): void {
    for (const message of this.#all()) {
      if (message.isKept) continue;
      if (error.retryable) this.#failed(now, message, error);
      else this.#outcomes.givenUp(message, error);
    }
  }

  /** The peer has refused a message for now. */
  refused(now: number, message: OutgoingMessage, error: RnpError): void {
    this.#budget.failed();
    message.isSent = false;
    message.fate = "refused";
    // Its handler may have acted, whatever becomes of the next attempt.
    if (error.outcome === "unknown") message.isHaunted = true;
    this.#failed(now, message, error);
    if (message.type.isOrdered) this.#goBackTo(message);
  }

  handleTimeout(now: number): void {
    if (now >= this.#pausedUntil) this.#pausedUntil = 0;
    if (now >= this.#retryAt) this.#retryDue(now);
    if (now >= this.#deadlineAt) this.#failOverdue(now);
  }

  /** One attempt has failed, in a way that another may mend. */
  #failed(now: number, message: OutgoingMessage, error: RnpError): void {
    message.failureCount += 1;
    const delayMs = this.#delayOf(message);
    if (delayMs === undefined) return this.#outcomes.givenUp(message, error);
    if (message.fate !== "refused") return; // The next connection is the next attempt.
    const retryAt = now + Math.max(delayMs, error.retryAfterMs ?? 0);
    if (retryAt >= message.giveUpAt) return this.#outcomes.givenUp(message, error);
    message.retryAt = retryAt;
    if (!message.type.isOrdered) this.#retryAt = Math.min(this.#retryAt, retryAt);
  }

  /** How long to wait before the next attempt; `undefined`: there is none. */
  #delayOf({ isKept, failureCount, fate }: OutgoingMessage): number | undefined {
    const mayRetry = fate === "unsent" || this.#budget.allowsRetry;
    if (isKept) return keptRetryDelayMs(mayRetry ? failureCount : Number.POSITIVE_INFINITY);
    return mayRetry ? retryDelayMs(failureCount) : undefined;
  }

  /**
   * The peer drops what follows a message that it refused for now, so all of it is sent again. Where it may be a copy
   * of a lost connection that it refused, the one of this connection may run, and with it what follows.
   */
  #goBackTo(refused: OutgoingMessage): void {
    for (const message of this.#window.messages()) {
      if (message.seq <= refused.seq || !message.type.isOrdered) continue;
      if (refused.hasStray && message.isSent) message.hasStray = true;
      message.isSent = false;
    }
    this.#window.goBackTo(refused.seq);
    if (refused.isOver) return;
    this.#pausedUntil = refused.retryAt;
    refused.retryAt = 0;
  }

  #retryDue(now: number): void {
    this.#retryAt = NEVER;
    for (const message of this.#window.messages()) {
      if (message.retryAt === 0) continue;
      if (message.retryAt > now) this.#retryAt = Math.min(this.#retryAt, message.retryAt);
      else {
        message.retryAt = 0;
        this.#window.goBackTo(message.seq);
      }
    }
  }

  #failOverdue(now: number): void {
    this.#deadlineAt = NEVER;
    for (const message of this.#all()) {
      if (message.giveUpAt <= now) this.#outcomes.givenUp(message, timedOut(message, this.#peer));
      else this.watch(message);
    }
  }

  #all(): OutgoingMessage[] {
    return [...this.#window.messages(), ...this.#backlog.waiting()];
  }
}

const NEVER = Number.POSITIVE_INFINITY;
