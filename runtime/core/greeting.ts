import { HELLO, type Hello } from "../../generated/messages/hello.js";
import { HELLO_ACK, type HelloAck } from "../../generated/messages/hello_ack.js";
import type { Calls } from "./calls.js";
import type { ConnectionEvent, Side } from "./connection-types.js";
import type { ReceivedChannels } from "./delivery/receiving/received-channels.js";
import { RnpError } from "./error.js";
import { type Agreement, agree, helloAckOf, helloOf, type LocalNode } from "./handshake.js";
import type { Host } from "./host.js";
import type { PeerIdentity } from "./identity.js";
import type { Lifecycle } from "./lifecycle.js";
import type { MessageProtection } from "./message-protection.js";
import type { Outbound } from "./outbound.js";
import type { ReceiveWindow } from "./receive-window.js";
import type { Receiver } from "./received.js";

export interface GreetingOptions {
  readonly side: Side;
  readonly local: LocalNode;
  readonly peer: PeerIdentity;
  readonly host: Host;
  /** The handshake is given up after this. */
  readonly helloTimeoutMs: number;
  readonly received: ReceivedChannels;
  readonly lifecycle: Lifecycle;
  readonly receiver: Receiver;
  readonly outbound: Outbound;
  readonly window: ReceiveWindow;
  readonly calls: Calls;
  readonly protection: MessageProtection | undefined;
  emit(event: ConnectionEvent): void;
}

/** How a connection begins: the client says `hello`, the server `hello_ack`, and each goes by what both agree on. */
export class Greeting {
  readonly #options: GreetingOptions;
  /** Sixteen random bytes in hex, of this side of this connection. */
  #drawnNonce: string | undefined;
  #agreement: Agreement | undefined;
  #delivers = false;

  constructor(options: GreetingOptions) {
    this.#options = options;
  }

  /** `undefined` before the handshake is done. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** Whether messages have places in channels, as both sides agreed. */
  get delivers(): boolean {
    return this.#delivers;
  }

  /** The client says its `hello`. */
  begin(): void {
    const { side, local, received, outbound } = this.#options;
    if (side === "client") outbound.write(HELLO, helloOf(local, this.#nonce, received.report()));
  }

  /** @throws RnpError where the two cannot speak with each other; see `agree` */
  hear(hello: Hello): void {
    const { local, peer, received, outbound } = this.#options;
    const agreement = agree(local, peer, hello);
    outbound.write(HELLO_ACK, helloAckOf(local, this.#nonce, agreement, received.report()));
    this.#enter(agreement, hello);
  }

  /** @throws RnpError where the two cannot speak with each other; see `agree` */
  hearAck(helloAck: HelloAck): void {
    const { local, peer } = this.#options;
    this.#enter(agree(local, peer, helloAck), helloAck);
  }

  /** What to say of a peer that has not said its part in time. */
  timedOut(): RnpError {
    const { side, peer, helloTimeoutMs } = this.#options;
    const awaited = side === "client" ? "hello_ack" : "hello";
    const text = `no ${awaited} came within ${helloTimeoutMs} ms`;
    const details = { timeout_ms: helloTimeoutMs };
    return new RnpError("TIMEOUT", text, { details, peer: peer.id });
  }

  get #nonce(): string {
    this.#drawnNonce ??= this.#options.host.newNonce();
    return this.#drawnNonce;
  }

  #enter(agreement: Agreement, theirs: Hello | HelloAck): void {
    const { capabilities, sendWindowBytes } = agreement;
    const { receiver, outbound, calls, window, lifecycle, protection, emit } = this.#options;
    protection?.use(agreement, this.#nonce, theirs);
    this.#agreement = agreement;
    this.#delivers = capabilities.has("delivery");
    receiver.use(capabilities);
    outbound.use(capabilities);
    calls.use(capabilities);
    if (capabilities.has("flow")) window.enforce();
    outbound.credit.limit(sendWindowBytes);
    lifecycle.open();
    emit({ kind: "open", agreement });
  }
}
