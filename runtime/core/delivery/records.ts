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

/** How far a sending channel has come in its epoch. */
export interface SendState {
  readonly epoch: number;
  /** The number of the message before the first one of the epoch: `seq` is the number less this. */
  readonly base: number;
  /** All up to here were acknowledged, in the count of the epoch. */
  readonly acked: number;
  /** The highest that the peer is known to have handled, though not all before it may be settled. */
  readonly highest: number;
  /** Which memory of the peer it was last held against: its store, or the life of its process. */
  readonly memory: string | undefined;
}

/** Of a channel in which nothing has been sent. */
export function newSendState(epoch: number): SendState {
  return { epoch, base: 0, acked: 0, highest: 0, memory: undefined };
}

/** A sending channel as an outbox has kept it. */
export interface KeptChannel extends SendState {
  /** The seed of the ids of its messages. */
  readonly idSeed: string;
  /** The number of the next message that is taken. */
  readonly next: number;
}
