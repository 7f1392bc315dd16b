import type { Hello } from "../../generated/messages/hello.js";
import type { HelloAck } from "../../generated/messages/hello_ack.js";
import type { Direction, LiveSecret } from "../wire/live-secret.js";
import { IncomingProtection, OutgoingProtection } from "../wire/protection.js";
import type { Side } from "./connection-types.js";
import { RnpError } from "./error.js";
import type { Agreement } from "./handshake.js";
import type { Outbound } from "./outbound.js";
import { PeerClock } from "./peer-clock.js";
import type { Receiver } from "./received.js";

/** Which secrets count, and what is demanded of a peer. */
export interface SecretPolicy {
  /** The first signs, all verify; there is at least one. */
  readonly live: readonly LiveSecret[];
  /** Whether a peer that does not authenticate its messages is refused. */
  readonly isRequired: boolean;
  /** Whether messages are sealed as well. */
  readonly seals: boolean;
}

/**
 * The message authentication of one connection, from its first frame on. The greeting is under keys that follow from
 * the secret alone; it carries a nonce of each side, and what comes after it is under keys of this connection only.
 */
export class MessageProtection {
  readonly #policy: SecretPolicy;
  readonly #receiver: Receiver;
  readonly #outbound: Outbound;
  readonly #outgoing: OutgoingProtection;
  readonly #incoming: IncomingProtection;
  readonly #ways: { readonly out: Direction; readonly in: Direction };
  readonly #side: Side;
  readonly #clock = new PeerClock();
  #isInForce = true;

  constructor(side: Side, policy: SecretPolicy, outbound: Outbound, receiver: Receiver) {
    this.#side = side;
    this.#policy = policy;
    this.#outbound = outbound;
    this.#receiver = receiver;
    this.#ways = side === "client" ? { out: "c2s", in: "s2c" } : { out: "s2c", in: "c2s" };
    this.#outgoing = new OutgoingProtection(this.#signer.keys("", this.#ways.out));
    const candidates = policy.live.map((secret) => ({
      secret: secret.id,
      keys: secret.keys("", this.#ways.in),
    }));
    this.#incoming = new IncomingProtection(candidates, !policy.isRequired);
    outbound.protect(this.#outgoing);
    receiver.protect(this.#incoming);
  }

  /** The ids of the secrets that this connection rests on; none where it is not protected. */
  get secretIds(): readonly string[] {
    const { provenSecret } = this.#incoming;
    return provenSecret === undefined ? [] : [this.#signer.id, provenSecret];
  }

  /**
   * Goes by what was agreed, from the next frame on, either way.
   *
   * @throws RnpError `AUTH_FAILED` where the peer offers less than is demanded of it, or has not proven what it offers
   */
  use({ capabilities }: Agreement, ownNonce: string, theirs: Hello | HelloAck): void {
    const { isRequired, seals } = this.#policy;
    const isAgreed = capabilities.has("hmac");
    const isSealed = isAgreed && capabilities.has("encrypt");
    if (isRequired && !isAgreed) throw lacking("hmac");
    if (isRequired && seals && !isSealed) throw lacking("encrypt");
    if (isAgreed) return this.#protect(ownNonce, theirs.nonce, isSealed);
    this.#isInForce = false;
    this.#outbound.protect(undefined);
    this.#receiver.protect(undefined);
  }

  /** @throws RnpError `REPLAY_DETECTED` where a message is older than is allowed */
  judgeAge(now: number, timestamp: number): void {
    if (this.#isInForce) this.#clock.judge(now, timestamp);
  }

  #protect(ownNonce: string, theirNonce: string | undefined, isSealed: boolean): void {
    const { provenSecret } = this.#incoming;
    const proven = this.#policy.live.find(({ id }) => id === provenSecret);
    if (proven === undefined) throw unproven("its greeting is not authentic");
    if (theirNonce === undefined) throw unproven("its greeting has no nonce");
    const nonces = this.#side === "client" ? ownNonce + theirNonce : theirNonce + ownNonce;
    const { out, in: inward } = this.#ways;
    this.#outgoing.rekey(this.#signer.keys(nonces, out), isSealed);
    const keys = proven.keys(nonces, inward);
    this.#incoming.rekey({ secret: proven.id, keys }, isSealed);
  }

  get #signer(): LiveSecret {
    return this.#policy.live[0]!;
  }
}

function lacking(capability: string): RnpError {
  return unproven(`it does not offer ${capability}`);
}

function unproven(why: string): RnpError {
  const text = `this node demands authenticated messages of its peer, and ${why}`;
  return new RnpError("AUTH_FAILED", text, { details: { stage: "message" }, outcome: "rejected" });
}
