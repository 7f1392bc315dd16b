import { RnpError } from "../../error.js";
import type { OutgoingMessage } from "./outgoing.js";

/** Too many wait already. */
export function backlogFull(channel: string, peer: string, count: number): RnpError {
  const text = `${count} messages wait in channel ${channel} to ${peer}; await each send`;
  return new RnpError("BACKPRESSURE", text, { details: { queued_messages: count }, peer });
}

/** The peer acknowledges what it cannot have. */
export function neverSent(channel: string, sent: number, got: number): RnpError {
  const expected = `at most ${sent}`;
  const text = `channel ${channel}: expected an ack of ${expected}, got ${got}`;
  return new RnpError("PROTOCOL_ERROR", text, {
    details: { expected, got: String(got) },
    outcome: "rejected",
  });
}

/** The time of a message is over. */
export function timedOut({ type, fate }: OutgoingMessage, peer: string): RnpError {
  const text =
    fate === "unsent"
      ? `${type.type} could not be sent to ${peer} in time`
      : `${peer} did not acknowledge ${type.type} in time`;
  return new RnpError("TIMEOUT", text);
}

/** The peer cannot say any more whether it handled what may run only once. */
export function sessionLost(channel: string, epoch: number, peer: string): RnpError {
  const text = `${peer} has forgotten what it handled in channel ${channel}; look before you send it again`;
  return new RnpError("SESSION_LOST", text, { details: { channel, epoch } });
}

/** An earlier process had given a message up, and crashed before it could forget it. */
export function gaveUpBefore({ type }: OutgoingMessage, peer: string): RnpError {
  const text = `${type.type} was given up before this process began; look whether ${peer} has handled it`;
  return new RnpError("TIMEOUT", text, { outcome: "unknown", peer });
}
