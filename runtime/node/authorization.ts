import { RnpError } from "../core/error.js";
import type { MessageContext } from "./handler-context.js";
import { incomingCall } from "./intercepted-handler.js";
import type { IncomingCall } from "./interceptors.js";

/**
 * Says whether a message may be handled: `true`, or `false`, or the rule that it breaks, in words. It is asked after
 * the message has been checked in all other ways (identity, role, schema), before its handler, and for the messages
 * that the node handles itself as well; it can forbid what the schemas allow, and not the reverse. It answers at
 * once: what has to be looked up first belongs in an interceptor.
 *
 *     authorize: ({ type, peer }) => type !== "fs.write" || peer.id.startsWith("db-") || "only databases write"
 */
export type Authorize = (call: IncomingCall) => boolean | string;

/**
 * Anything but `true` forbids it, also a promise of that.
 *
 * @throws RnpError `UNAUTHORIZED`, which names the rule; what `authorize` throws
 */
export function assertAuthorized(authorize: Authorize, context: MessageContext): void {
  const { message, peer, logger } = context;
  const { type } = message.type;
  const verdict: unknown = authorize(incomingCall(type, message.data, context));
  if (verdict === true) return;
  const rule = typeof verdict === "string" ? verdict : "the application does not allow it";
  logger.warn({ type, peer: peer.id, rule }, "a message was forbidden");
  const details = {
    rule: rule.slice(0, RULE_LENGTH_MAX),
    message_type: type,
    identity: peer.id,
    role: peer.role,
  };
  throw new RnpError("UNAUTHORIZED", `${type}: ${rule}`, { details, outcome: "rejected" });
}

/** As bounded by the schema of the error. */
const RULE_LENGTH_MAX = 256;
