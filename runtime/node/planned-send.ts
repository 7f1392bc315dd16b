import { MESSAGES, type MessageMap, type OneWayType } from "../../generated/dispatch.js";
import type { KeptPromise } from "../core/delivery/sending/outgoing.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { MessageType } from "../wire/message-type.js";
import { violationFault } from "../wire/violation.js";
import { assertFits } from "./careful-caller.js";
import { assertDelivery } from "./delivery-promise.js";

/** What can be chosen of a message that a transaction sends. */
export interface KeptSendOptions {
  /** Default: `exactly-once`, which needs a store at the receiver too. */
  readonly delivery?: KeptPromise;
  /** As for any other send; see `SendOptions.channel`. */
  readonly channel?: string;
  /**
   * How long to go on trying, over as many restarts as it takes, in ms. Default: 24 hours, as a peer that is away
   * for longer is rather replaced than mended.
   */
  readonly timeoutMs?: number;
  /** As for any other send; see `RequestOptions.meta`. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** Sends a message if and when the transaction is committed. */
export type SendInTransaction = <Type extends OneWayType>(
  node: string,
  type: Type,
  data: MessageMap[Type],
  options?: KeptSendOptions,
) => void;

/** A message that a transaction is to send. */
export interface PlannedSend {
  readonly node: string;
  readonly type: MessageType;
  readonly data: unknown;
  readonly promise: KeptPromise;
  readonly channel: string | undefined;
  readonly timeoutMs: number;
  readonly meta: Readonly<Record<string, string>> | undefined;
}

/** @throws RnpError `PROTOCOL_ERROR` for what is no one-way message, breaks its schema, or is promised too little */
export function plannedSend(
  node: string,
  name: string,
  data: unknown,
  { delivery = "exactly-once", channel, timeoutMs = TIMEOUT_MS, meta }: KeptSendOptions = {},
): PlannedSend {
  const type = MESSAGES.get(name);
  if (type === undefined || !isOneWay(type)) throw notSendable(name);
  assertDelivery(type, delivery, channel);
  if (meta !== undefined) assertFits(meta);
  assertValid(type, data);
  return { node, type, data, promise: delivery, channel, timeoutMs, meta };
}

function assertValid(type: MessageType, data: unknown): void {
  const violation = type.invalid(data);
  if (violation !== undefined) throw toRnpError(violationFault(type.type, violation));
}

function isOneWay({ layer, answer, stream }: MessageType): boolean {
  return layer === "application" && answer === undefined && stream === undefined;
}

function notSendable(name: string): RnpError {
  const expected = "a one-way message";
  return new RnpError(
    "PROTOCOL_ERROR",
    `${name} cannot be sent by a transaction; expected ${expected}`,
    {
      details: { message_type: name, expected, got: name },
    },
  );
}

/** A day. */
const TIMEOUT_MS = 86_400_000;
