import type { OutgoingMessage } from "./outgoing.js";

/**
 * A receiving channel as it can be kept: what is settled, and nothing of what is with handlers, which comes again.
 * At most 512 bytes.
 */
export interface ReceivedRecord {
  readonly channel: string;
  readonly epoch: number;
  readonly floor: number;
  /** All up to here are settled. */
  readonly cum: number;
  /** Two bits for each place from the floor on: 1, handled, beyond `cum`; 2, refused. Empty where there are none. */
  readonly marks: Uint8Array;
}

/** A sending channel as it can be kept. */
export interface SendRecord {
  readonly epoch: number;
  /** The seed of the ids of its messages. */
  readonly idSeed: string;
  /** The number of the next message that is sent for the first time. */
  readonly next: number;
  /** What the last id counts. */
  readonly count: number;
  /** What is not settled and has a number, in order. Any of it may have left. */
  readonly messages: readonly OutgoingMessage[];
}
