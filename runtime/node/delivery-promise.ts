import type { ChannelPromise } from "../core/delivery/sending/outgoing.js";
import { RnpError } from "../core/error.js";
import type { Delivery, MessageType, PoolName } from "../wire/message-type.js";

/**
 * What can be asked for a message.
 *
 * - `at-most-once`: one write, never again; settles when it has been taken.
 * - `at-least-once`: acknowledged once handled, sent again until then. A peer that restarts meanwhile may
 *   handle it twice.
 * - `exactly-once-while-running`: the same, but never sent to a process that may have forgotten it: it is handled
 *   once as long as this process and the peer's both run. Where the peer restarts, the send fails with
 *   `SESSION_LOST` and the outcome `unknown`.
 * - `exactly-once`: across crashes of either process as well, for what the handler does in `ctx.transaction`. Both
 *   nodes need a store; where one has none, the send is refused with `UNSUPPORTED`. Where one has lost its store,
 *   or it was set back, the send fails with `SESSION_LOST` and the outcome `unknown`, and nothing is run again.
 */
export type DeliveryPromise = Delivery | ChannelPromise;

/** Each promises more than the one before. */
const STRENGTH: readonly DeliveryPromise[] = [
  "at-most-once",
  "at-least-once",
  "exactly-once-while-running",
  "exactly-once",
];

/** Dots are left to the names that this library makes of it; see `channelName`. */
const CHANNEL = /^[a-z0-9][a-z0-9_-]{0,55}$/;
/** The channels of messages for which none is chosen. */
const RESERVED: readonly string[] = ["control", "peer", "data"] satisfies PoolName[];

/**
 * What a message is promised in its channel; `undefined`: it is in none.
 *
 * @throws RnpError `PROTOCOL_ERROR` for less than its schema promises and for a channel that is none
 */
export function assertDelivery(
  type: MessageType,
  promise: DeliveryPromise,
  channel: string | undefined,
): ChannelPromise | undefined {
  assertChannel(channel);
  if (STRENGTH.indexOf(promise) < STRENGTH.indexOf(type.delivery)) throw tooLittle(type);
  switch (promise) {
    case "at-least-once":
    case "exactly-once-while-running":
    case "exactly-once":
      return promise;
    case "at-most-once":
      if (channel !== undefined) throw inNoChannel(type);
      return undefined;
    default:
      throw notAPromise(promise);
  }
}

/** @throws RnpError `PROTOCOL_ERROR` for a name that none may have */
function assertChannel(channel: string | undefined): void {
  if (channel === undefined || (CHANNEL.test(channel) && !RESERVED.includes(channel))) return;
  throw badChannel(channel);
}

function tooLittle({ type, delivery }: MessageType): RnpError {
  const text = `${type} is promised ${delivery} by its schema; ask for that or leave the option out`;
  return new RnpError("PROTOCOL_ERROR", text);
}

function inNoChannel({ type }: MessageType): RnpError {
  const text = `${type} is sent at-most-once, which is in no channel; ask for more, or leave the channel out`;
  return new RnpError("PROTOCOL_ERROR", text);
}

function badChannel(channel: string): RnpError {
  const expected = "a name of at most 56 of a-z, 0-9, dash and underscore, and not that of a pool";
  return new RnpError(
    "PROTOCOL_ERROR",
    `channel is ${JSON.stringify(channel)}; expected ${expected}`,
    {
      details: { expected, got: String(channel).slice(0, 64) },
    },
  );
}

function notAPromise(promise: never): RnpError {
  const expected = "at-most-once, at-least-once, exactly-once-while-running or exactly-once";
  return new RnpError("PROTOCOL_ERROR", `delivery is "${promise}"; expected ${expected}`, {
    details: { expected, got: String(promise).slice(0, 64) },
  });
}
