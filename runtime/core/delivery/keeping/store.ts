import type { KeyReader } from "./key-reader.js";

/**
 * What delivery keeps across a crash, and what it may rely on. Only types: `LmdbStore` is on disk, the tests
 * have one in memory that fails on purpose.
 *
 * *Durable* means: the operating system has said that the bytes are on the device (`fsync`), so they are
 * there after `kill -9` and after a loss of power. Without that a commit does not settle, and nothing is
 * acknowledged before its commit has settled.
 *
 * Commits are atomic and in order: after a crash a store holds all of the first n commits and nothing of the
 * others, and n counts at least all those that have settled.
 */
export interface DeliveryStore {
  readonly identity: StoreIdentity;

  /** All that delivery keeps, as of the last commit. Asked once, at start. */
  load(): Promise<StoreContent>;

  /**
   * Makes `batch` durable, wholly or not at all. Many calls share one `fsync`, so a caller does not collect
   * batches itself. The arrays and bytes in it belong to the store from here on.
   *
   * An empty batch writes nothing; it settles when all earlier ones are durable, which is what an answer has
   * to wait for whose handler has read `latest`.
   *
   * After one commit has failed, what the disk holds is not known any more, not even on a second try: that
   * commit, those that wait and every later one fail, until the process has been restarted.
   *
   * @throws RnpError `INTERNAL_ERROR`; its outcome is `unknown` where the batch may be on disk all the same,
   *   `not-delivered` where it cannot
   */
  commit(batch: StoreBatch): Promise<void>;

  /** The application's keys as all commits so far leave them, whether or not they are durable yet. */
  readonly latest: KeyReader;

  /** The application's keys as durable commits have left them. */
  readonly durable: KeyReader;

  /** Lets the commits so far settle and gives the store free. Closing twice is closing once. */
  close(): Promise<void>;
}

/** What delivery writes down goes by it. */
export type CommitLog = Pick<DeliveryStore, "commit">;

/** Which store this is, so that a peer can tell one that was restarted from one that was lost or set back. */
export interface StoreIdentity {
  /** Drawn at random when the store was made. Another id: the store was lost and made anew. */
  readonly id: string;
  /**
   * Counts the times that the store was opened, from 1, durably and before anything else is done. Since each
   * process has a generation of its own, the same one in two processes, or a lower one than before: the
   * store was set back to an older copy, or there are two copies.
   */
  readonly generation: number;
}

/** A direction between two nodes: the other node, and the name of the channel. */
export interface ChannelKey {
  /** Id of the other node, at most 255 bytes. */
  readonly peer: string;
  /** At most 255 bytes. */
  readonly channel: string;
}

/** One message that this node sends. */
export interface OutboxKey extends ChannelKey {
  /** Its number among all of the channel, from 1, whatever epochs come and go. */
  readonly number: number;
}

/** A message that was accepted, and whose end is not known yet. */
export interface OutboxEntry extends OutboxKey {
  /** All that sending it again needs. The store does not look into it. */
  readonly message: Uint8Array;
}

/**
 * What this node knows of one channel: of one that it sends in, how far it has come, which outlives the entries of
 * the outbox, so that no number is used twice; of one that it receives in, what it has handled.
 */
export interface ChannelRecord extends ChannelKey {
  /** The store does not look into it. */
  readonly state: Uint8Array;
}

/** What an application's transaction does to one of its keys. */
export interface Effect {
  readonly key: string;
  /** `undefined`: the key is deleted. */
  readonly value: Uint8Array | undefined;
}

/** What one commit does. Of two things said about the same key the later one holds. */
export interface StoreBatch {
  /** Messages to keep until they are settled. */
  readonly outbox?: readonly OutboxEntry[];
  /** Messages that need not be kept any longer. Those that are not there are passed over. */
  readonly settled?: readonly OutboxKey[];
  readonly sending?: readonly ChannelRecord[];
  readonly receiving?: readonly ChannelRecord[];
  readonly effects?: readonly Effect[];
}

export interface StoreContent {
  /** Those of a channel together, by number, ascending. */
  readonly outbox: readonly OutboxEntry[];
  readonly sending: readonly ChannelRecord[];
  readonly receiving: readonly ChannelRecord[];
}
