import { ERROR } from "../../generated/messages/error.js";
import { GOODBYE } from "../../generated/messages/goodbye.js";
import { HELLO } from "../../generated/messages/hello.js";
import { HELLO_ACK } from "../../generated/messages/hello_ack.js";
import type { MessageType } from "../wire/message-type.js";
import type { Side } from "./connection-types.js";
import { RnpError } from "./error.js";

type State =
  | { readonly kind: "greeting"; readonly endAt: number }
  | { readonly kind: "open" }
  | {
      readonly kind: "leaving";
      readonly endAt: number;
      /** We said goodbye. */
      readonly said: boolean;
      /** The peer said goodbye and waits for our `goodbye_ack`. */
      readonly owesAck: boolean;
    }
  | { readonly kind: "closed" };

/**
 * The life of a connection: where it is, what may come there, and until when.
 *
 * ```
 *   greeting ──hello, hello_ack──▶ open ──goodbye, either way──▶ leaving ──goodbye_ack──▶ closed
 *       └───────────── fault, lost stream or time out, from anywhere ──────────────────────┘
 * ```
 */
export class Lifecycle {
  readonly #side: Side;
  #state: State;

  constructor(side: Side, helloBy: number) {
    this.#side = side;
    this.#state = { kind: "greeting", endAt: helloBy };
  }

  get kind(): State["kind"] {
    return this.#state.kind;
  }

  /** Whether we said goodbye and wait for the `goodbye_ack`. */
  get saidGoodbye(): boolean {
    return this.#state.kind === "leaving" && this.#state.said;
  }

  /** Whether the peer waits for our `goodbye_ack`. */
  get owesGoodbyeAck(): boolean {
    return this.#state.kind === "leaving" && this.#state.owesAck;
  }

  /** Whether what the peer sent may still be answered. */
  get carriesReplies(): boolean {
    return this.#state.kind === "open" || this.#state.kind === "leaving";
  }

  /** When this state has lasted too long; never for an open connection. */
  get endAt(): number {
    return "endAt" in this.#state ? this.#state.endAt : Number.POSITIVE_INFINITY;
  }

  /** @throws RnpError `UNAVAILABLE` where nothing new may be sent to `peer` */
  assertOpen(peer: string): void {
    if (this.#state.kind === "open") return;
    const text = `the connection to ${peer} is ${this.#state.kind}`;
    throw new RnpError("UNAVAILABLE", text, { peer });
  }

  open(): void {
    this.#state = { kind: "open" };
  }

  sayGoodbye(endAt: number): void {
    this.#state = { kind: "leaving", endAt, said: true, owesAck: this.owesGoodbyeAck };
  }

  hearGoodbye(endAt: number): void {
    this.#state = { kind: "leaving", endAt, said: this.saidGoodbye, owesAck: true };
  }

  payGoodbyeAck(): void {
    this.#state = { kind: "leaving", endAt: this.endAt, said: this.saidGoodbye, owesAck: false };
  }

  close(): void {
    this.#state = { kind: "closed" };
  }

  /**
   * Before the handshake is done only its own messages may come, and afterwards none of them.
   *
   * @throws RnpError `PROTOCOL_ERROR`
   */
  assertExpected(type: MessageType): void {
    const greeting = this.#side === "client" ? HELLO_ACK : HELLO;
    const isGreeting = type === HELLO || type === HELLO_ACK;
    if (this.kind !== "greeting") {
      if (isGreeting) throw unexpected(type, this.kind, "no second greeting");
    } else if (type !== greeting && type !== ERROR && type !== GOODBYE) {
      throw unexpected(type, this.kind, greeting.type);
    }
  }
}

function unexpected(type: MessageType, state: string, expected: string): RnpError {
  return new RnpError("PROTOCOL_ERROR", `${type.type} came while the connection was ${state}`, {
    details: { expected, got: type.type },
    outcome: "rejected",
  });
}
