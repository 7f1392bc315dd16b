import { ACK } from "../../generated/messages/ack.js";
import { FLAG_IS_ACK } from "../wire/header.js";
import type { MessageType } from "../wire/message-type.js";
import { RnpError } from "./error.js";
import type { LocalNode } from "./handshake.js";
import type { PeerIdentity } from "./identity.js";
import type { Received } from "./received.js";

/** A message of the peer, checked against its schema, for the application to handle. */
export class InboundMessage {
  readonly type: MessageType;
  readonly data: unknown;
  /** On the clock of `now`: when the sender stops waiting. */
  readonly deadlineAt: number | undefined;
  /** The sender waits for an acknowledgement of this message. */
  readonly requiresAck: boolean;
  readonly #received: Received;

  constructor(
    type: MessageType,
    data: unknown,
    received: Received,
    delivery: Pick<InboundMessage, "deadlineAt" | "requiresAck">,
  ) {
    this.type = type;
    this.data = data;
    this.deadlineAt = delivery.deadlineAt;
    this.requiresAck = delivery.requiresAck;
    this.#received = received;
  }

  get id(): string {
    return this.#received.id;
  }

  get meta(): Readonly<Record<string, string>> {
    return this.#received.meta ?? NO_META;
  }
}

const NO_META: Readonly<Record<string, string>> = Object.freeze({});

/** @throws RnpError `UNAUTHORIZED` where a message says that it is from another than the peer. */
export function assertSender({ sender }: Received, peer: PeerIdentity): void {
  if (sender === peer.id) return;
  throw new RnpError(
    "UNAUTHORIZED",
    `a message says it is from "${sender}", but the certificate says "${peer.id}"`,
    { details: { rule: "sender is the certificate's node" }, outcome: "rejected" },
  );
}

/** @throws RnpError `PROTOCOL_ERROR` unless the is-ack flag is on an `ack` and on nothing else. */
export function assertAckFlag(type: MessageType, flags: number): void {
  if (((flags & FLAG_IS_ACK) !== 0) === (type === ACK)) return;
  throw new RnpError("PROTOCOL_ERROR", "the is-ack flag and the type ack go together", {
    details: { expected: "is-ack on ack and on nothing else", got: type.type },
    outcome: "rejected",
  });
}

/**
 * Refuses a message that its schema does not let travel from this peer to this node.
 *
 * @throws RnpError `UNAUTHORIZED`, naming the rule.
 */
export function assertDirection(type: MessageType, peer: PeerIdentity, local: LocalNode): void {
  if (!type.from.includes(peer.role)) {
    throw unauthorized(type, `from ${type.from.join(" or ")}, not from a ${peer.role}`);
  }
  if (!type.to.includes(local.role)) {
    throw unauthorized(type, `to ${type.to.join(" or ")}, not to a ${local.role}`);
  }
}

function unauthorized(type: MessageType, rule: string): RnpError {
  return new RnpError("UNAUTHORIZED", `${type.type} goes ${rule}`, {
    details: { rule: `${type.type} goes ${rule}` },
    outcome: "rejected",
  });
}
