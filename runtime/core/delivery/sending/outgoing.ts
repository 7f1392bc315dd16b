import type { MessageType } from "../../../wire/message-type.js";
import type { RnpError } from "../../error.js";

/** What can be promised for a message in the outbox, which survives this process. */
export type KeptPromise = "at-least-once" | "exactly-once";

/**
 * What is promised for a message in a channel. All are acknowledged and retried; they differ where the receiver
 * may have forgotten what it handled: then the first is sent again and the others are not. With the last one it
 * forgets only with its store.
 */
export type ChannelPromise = KeptPromise | "exactly-once-while-running";

/** Who waits for what becomes of a message. */
export interface DeliveryToken {
  settled(data: undefined): void;
  failed(error: RnpError): void;
}

/**
 * Where the newest copy of a message is: nowhere yet; with the peer, or lost on the way to it; refused by the
 * peer, which has not handled it.
 */
export type Fate = "unsent" | "out" | "refused";

/** A message that a channel has taken, until it is settled. */
export class OutgoingMessage {
  readonly type: MessageType;
  readonly data: unknown;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly promise: ChannelPromise;
  /** On the clock of `now`. */
  readonly giveUpAt: number;
  readonly token: DeliveryToken;
  /** Its number in the outbox, whatever epochs come and go; 0: it is in none. */
  number = 0;
  /** Whether nobody waits for it, so that it can wait for a peer to be mended. */
  isPatient = false;
  /** In its channel and epoch; 0 until it is sent for the first time. */
  seq = 0;
  /** What its id counts; 0 until it is sent for the first time. */
  count = 0;
  /** How many attempts have failed. */
  failureCount = 0;
  /** When it was sent last, on the clock of `now`. */
  sentAt = 0;
  /** Of its frame, in bytes. */
  size = 0;
  fate: Fate = "unsent";
  /** Whether a copy has been sent on the present connection and was not refused there. */
  isSent = false;
  /** Whether a copy was on a lost connection: it may come late, and run although a later one was refused for now. */
  hasStray = false;
  /** Whether it may have been handled before its present attempt: by a handler that failed, or is forgotten since. */
  isHaunted = false;
  /** When it may be sent again; 0: at once. */
  retryAt = 0;
  /** Whether all is over and nobody waits. */
  isOver = false;

  constructor(
    type: MessageType,
    data: unknown,
    meta: Readonly<Record<string, string>> | undefined,
    promise: ChannelPromise,
    giveUpAt: number,
    token: DeliveryToken,
  ) {
    this.type = type;
    this.data = data;
    this.meta = meta;
    this.promise = promise;
    this.giveUpAt = giveUpAt;
    this.token = token;
  }

  /** Whether it survives this process. It is tried until its time is over. */
  get isKept(): boolean {
    return this.number > 0;
  }

  /** Whether a handler may have run, or may still. */
  get mayHaveRun(): boolean {
    return this.isHaunted || this.hasStray || this.fate === "out";
  }

  /**
   * Whether one may have run before the one that has refused it. The error of an earlier one may be lost with its
   * connection, and what may run again has then done so; what may not is refused with that error once more.
   */
  get mayHaveRunBefore(): boolean {
    return this.isHaunted || (this.hasStray && this.promise === "at-least-once");
  }

  /** The connection that its newest copy was on is lost. */
  lost(): void {
    this.isSent = false;
    this.isHaunted = this.mayHaveRunBefore;
    this.hasStray = true;
  }

  /** The peer says that it has refused it for good: no copy runs any more, and that is what became of the last one. */
  foundRefused(): void {
    this.hasStray = false;
  }

  /** In another epoch: nobody tells the copies of the one before from the message any more. */
  forgetCopies(): void {
    this.isHaunted = this.mayHaveRun;
    this.hasStray = false;
    this.fate = "unsent";
    this.isSent = false;
    this.retryAt = 0;
    this.seq = 0;
  }
}
