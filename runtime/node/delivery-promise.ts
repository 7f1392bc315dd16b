import type { ChannelPromise } from "../core/delivery/outgoing.js";
import { RnpError } from "../core/error.js";
import type { Delivery, MessageType } from "../wire/message-type.js";

/**
 * What can be asked for a message.
 *
 * - `at-most-once`: one write, never again; settles when it has been taken.
 * - `at-least-once`: acknowledged once handled, sent again until then. A peer that restarts meanwhile may
 *   handle it twice.
 * - `exactly-once-while-running`: the same, but never sent to a process that may have forgotten it: it is handled
 *   once as long as this process and the peer's both run. Where the peer restarts, the send fails with
 *   `SESSION_LOST` and the outcome `unknown`.
 * - `exactly-once`: across crashes as well. It needs a store, and without one is refused with `UNSUPPORTED`.
 */
export type DeliveryPromise = Delivery | ChannelPromise | "exactly-once";

const CHANNEL = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/**
 * What a message is promised in its channel; `undefined`: it is in none.
 *
 * @throws RnpError `PROTOCOL_ERROR` for less than its schema promises and for a channel that is none;
 *   `UNSUPPORTED` for what needs a store
 */
export function assertDelivery(
  type: MessageType,
  promise: DeliveryPromise,
  channel: string | undefined,
): ChannelPromise | undefined {
  if (channel !== undefined && !CHANNEL.test(channel)) throw badChannel(channel);
  switch (promise) {
    case "at-least-once":
    case "exactly-once-while-running":
      return promise;
    case "exactly-once":
      throw needsStore(type);
    case "at-most-once":
      if (type.delivery === "at-least-once") throw tooLittle(type);
      if (channel !== undefined) throw inNoChannel(type);
      return undefined;
    default:
      throw notAPromise(promise);
  }
}

function tooLittle({ type }: MessageType): RnpError {
  const text = `${type} is promised at-least-once by its schema; ask for that or leave the option out`;
  return new RnpError("PROTOCOL_ERROR", text);
}

function inNoChannel({ type }: MessageType): RnpError {
  const text = `${type} is sent at-most-once, which is in no channel; ask for more, or leave the channel out`;
  return new RnpError("PROTOCOL_ERROR", text);
}

function badChannel(channel: string): RnpError {
  const expected = "a name of at most 63 of a-z, 0-9, dot, dash and underscore";
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

function needsStore({ type }: MessageType): RnpError {
  const text = `${type}: exactly-once across crashes needs a store, and this node has none; ask for exactly-once-while-running, or at-least-once with a handler that bears repetition`;
  return new RnpError("UNSUPPORTED", text);
}
