import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";

/**
 * What is promised of a message, and the name of the channel that it takes:
 *
 * - `least`: at-least-once; its handler says that it is through.
 * - `once`: exactly-once; its handler counts in the store how often it has run.
 * - `outbox`: the same, but sent by a transaction, which also writes that it did.
 */
export type Lane = "least" | "once" | "outbox";

/** What each side is told when it is to begin. */
interface Orders {
  readonly identity: CertificatePaths;
  /** The folder of its store, the same in each life. Without it there is only the lane `least`. */
  readonly store?: string;
}

export interface ReceiverOrders extends Orders {
  /** `HOST:PORT`, the same in each life. */
  readonly listen: string;
}

export interface SenderOrders extends Orders {
  /** Where the receiver listens, once it does. */
  readonly address: string;
  readonly lanes: readonly Lane[];
  /** Its messages have this number and those that follow. */
  readonly firstNumber: number;
}

/** The receiver's node. */
export const RECEIVER_ID = "controller-1";

/** What the keys begin with where the receiver counts how often handlers of a lane have run. */
export function runsOf(lane: string): string {
  return `runs/${lane}/`;
}

/** Where it counts that for message `number`. */
export function runsKey(lane: string, number: number): string {
  return `${runsOf(lane)}${number}`;
}

/** Where the receiver notes that a message came behind one that was sent after it. */
export function disorderKey(number: number): string {
  return `${DISORDER}${number}`;
}

/** Where the sender notes that it has sent message `number` by the same transaction. */
export function acceptedKey(number: number): string {
  return `${ACCEPTED}${number}`;
}

/** What these keys begin with. */
export const DISORDER = "disorder/";
export const ACCEPTED = "accepted/";
