import type { KeptChannel, SendState } from "../records.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { Side } from "./reconcile.js";

/** Where a sending channel whose messages are in an outbox is written down. */
export interface SendLedger {
  /** The channel as an earlier process left it, or a new one. */
  readonly kept: KeptChannel;
  /** What an earlier process left, in order: any of it may have left that. It belongs to the caller from here on. */
  takeLeft(): OutgoingMessage[];
  /** Tells how to ask how far the channel has come. */
  bind(state: () => SendState): void;
  /**
   * Settles once the present state is durable. Nothing of a new epoch, or to another memory of the peer, may leave
   * before: after a crash it could not be told from what had never left.
   */
  keep(): Promise<void>;
  /** A store was lost or set back: what had left, and may run only once, is not sent again. */
  forgotten(by: Side): void;
}
