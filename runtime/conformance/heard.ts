import { MESSAGES } from "../../generated/dispatch.js";
import { acceptEnvelope, type EnvelopeDelivery } from "../../generated/envelope.js";
import { decompress } from "../wire/compression.js";
import { decodeReference } from "../wire/decode-reference.js";
import { FLAG_COMPRESSED, FLAG_IS_ACK } from "../wire/header.js";

/** A message of the peer. */
export interface Heard {
  readonly type: string;
  readonly id: string;
  readonly sender: string;
  readonly reply_to?: string | undefined;
  readonly delivery?: EnvelopeDelivery | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a peer may do, as far as it has been agreed. */
export interface Rules {
  /** The node that its certificate names. */
  readonly peer: string;
  /** Capabilities in force. */
  readonly capabilities: ReadonlySet<string>;
}

/**
 * Reads a frame of the peer as strictly as the specification allows.
 *
 * @throws Error (a `WireFault` mostly) where the peer itself breaks a rule
 */
export function readHeard(flags: number, payload: Uint8Array, rules: Rules): Heard {
  const isCompressed = (flags & FLAG_COMPRESSED) !== 0;
  if (isCompressed && !rules.capabilities.has("lz4")) throw new Error("it compressed without lz4");
  const value = decodeReference(isCompressed ? decompress(payload) : payload);
  const { type, id, sender, reply_to, delivery, data } = acceptEnvelope(value);
  if (sender !== rules.peer) throw new Error(`its message says that it is from "${sender}"`);
  const isAck = (flags & FLAG_IS_ACK) !== 0;
  if (isAck !== (type === "ack")) throw new Error(`its ${type} has the is-ack flag wrong`);
  const known = MESSAGES.get(type);
  const checked = known === undefined ? data : known.accept(data);
  return { type, id, sender, reply_to, delivery, data: checked as Heard["data"] };
}
