import type { Side } from "../core/connection-types.js";
import type { RnpError } from "../core/error.js";
import type { InboundMessage } from "../core/inbound.js";
import type { Link } from "./link.js";
import type { Stalls } from "./outflow.js";

/** What the owner of links is told. None of these may throw. */
export interface LinkObserver {
  onOpen(link: Link): void;
  onMessage(link: Link, message: InboundMessage): void;
  /** The peer waits no more for what is to come of a message; it is settled like any other, in silence. */
  onCancelled(link: Link, message: InboundMessage): void;
  onRefused(link: Link, by: "local" | "peer", error: RnpError): void;
  /** Last of all, once. `error` is `undefined` after a goodbye. */
  onClosed(link: Link, error: RnpError | undefined): void;
}

/** How a connection is doing. */
export interface ConnectionReport {
  readonly peer: string;
  readonly side: Side;
  readonly isOpen: boolean;
  readonly inFlight: number;
  /** Bytes that wait here for the peer. */
  readonly queuedBytes: number;
  /** Bytes that may still be sent to the peer; infinite where it knows no flow control. */
  readonly creditBytes: number;
  /** Bytes that the peer may send to us while nothing is in flight. */
  readonly windowBytes: number;
  /** How often and how long the peer was too slow for what was sent to it. */
  readonly stalls: Stalls;
}
