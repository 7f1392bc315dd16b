import type { ChannelReport } from "./wire.js";

/** What the sender of a channel knows of it when a connection begins. */
export interface KnownChannel {
  readonly epoch: number;
  /** The number of the next message that is sent for the first time. */
  readonly next: number;
  /** The lowest number that is not settled. */
  readonly floor: number;
  /** The highest number that was acknowledged cumulatively. */
  readonly acked: number;
  /** The highest number that the peer is known to have handled. */
  readonly highest: number;
  /** Whether the peer has settled anything of this epoch. */
  readonly isHeard: boolean;
  /** Whether the peer remembers with what it did on the connection before: its process, or its store. */
  readonly isSameMemory: boolean;
}

/**
 * What a greeting means for a channel: nothing that was not known; all up to `seq`, but what was `refused`, is
 * delivered; or one side has forgotten, and a higher epoch has to begin.
 */
export type Reconciliation =
  | { readonly kind: "unchanged" }
  | { readonly kind: "delivered"; readonly seq: number; readonly refused: readonly number[] }
  | { readonly kind: "restart"; readonly epoch: number; readonly forgotBy: Side | undefined };

/** Who has forgotten; where nobody has, the receiver has never heard of what was given up meanwhile. */
export type Side = "sender" | "receiver";

/** Holds what the peer says of a channel, `undefined` if nothing, against what we know: the table "Greeting". */
export function reconcile(known: KnownChannel, report: ChannelReport | undefined): Reconciliation {
  if (known.next === 1) return beforeFirst(known, report);
  if (report === undefined || report.epoch < known.epoch || report.lost === true) {
    const hasForgotten = report?.lost === true || !cannotHaveHeard(known);
    if (!hasForgotten) return UNCHANGED;
    const knewNothing = known.isSameMemory && !known.isHeard && report?.lost !== true;
    const forgotBy = knewNothing ? undefined : "receiver";
    return { kind: "restart", epoch: known.epoch + 1, forgotBy };
  }
  const { epoch, seq, refused = [] } = report;
  const isAhead = epoch > known.epoch || hasNeverSent(known.next, report);
  if (isAhead || isBehind(known, report)) {
    return { kind: "restart", epoch: epoch + 1, forgotBy: isAhead ? "sender" : "receiver" };
  }
  return { kind: "delivered", seq, refused };
}

/** Whether the peer has had what was never sent, though an earlier process may have, from a store that was set back. */
export function hasNeverSent(next: number, { seq, highest = seq }: ChannelReport): boolean {
  return Math.max(seq, highest) >= next;
}

/** Whether the peer had more. A peer that does not say its highest number may have it still. */
function isBehind(known: KnownChannel, { seq, highest = known.highest }: ChannelReport): boolean {
  return seq < known.acked || Math.max(seq, highest) < known.highest;
}

/** Nothing has been sent in this epoch, so all that matters is that the peer knows no higher one. */
function beforeFirst({ epoch }: KnownChannel, report: ChannelReport | undefined): Reconciliation {
  if (report === undefined || report.epoch < epoch) return UNCHANGED;
  return { kind: "restart", epoch: report.epoch + 1, forgotBy: "sender" };
}

/** The same process or store, which has not heard of the channel: nothing has arrived. */
function cannotHaveHeard({ isSameMemory, isHeard, floor }: KnownChannel): boolean {
  return isSameMemory && !isHeard && floor === 1;
}

const UNCHANGED: Reconciliation = { kind: "unchanged" };
