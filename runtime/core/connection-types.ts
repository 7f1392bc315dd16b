import type { IsLent } from "../wire/frame-reader.js";
import type { MessageType } from "../wire/message-type.js";
import type { Sessions } from "./delivery/receiving/sessions.js";
import type { RnpError } from "./error.js";
import type { Agreement, LocalNode } from "./handshake.js";
import type { Host } from "./host.js";
import type { PeerIdentity } from "./identity.js";
import type { InboundMessage } from "./inbound.js";
import type { MessageKey } from "./message-ids.js";
import type { SecretPolicy } from "./message-protection.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** Who dialled: the client says `hello` first. */
export type Side = "client" | "server";

/** The patience of one connection; all in ms. */
export interface ConnectionTiming {
  /** The handshake is given up after this. Default 2000: a live peer needs one round trip. */
  readonly helloTimeoutMs: number;
  /** After this much silence a `ping` is sent. Default 60 000, as specified. */
  readonly keepaliveIntervalMs: number;
  /** And after this much more the peer is taken for gone. Default 10 000. */
  readonly keepalivePatienceMs: number;
  /** The longest that a `goodbye` of the peer may keep the connection open. Default 5000. */
  readonly drainMs: number;
}

export interface ConnectionOptions {
  readonly side: Side;
  readonly local: LocalNode;
  /** As its certificate says. */
  readonly peer: PeerIdentity;
  readonly messages: ReadonlyMap<string, MessageType>;
  /** Whether who handles a message type gives back its memory. Default: none does. */
  readonly isLent?: IsLent;
  readonly host: Host;
  readonly meter: TrafficMeter;
  readonly timing: ConnectionTiming;
  /** The secrets that messages are authenticated with, as they are when it begins. Default: none are. */
  readonly secrets?: SecretPolicy | undefined;
  /** What the node has received from each peer. Default: this connection begins with nothing. */
  readonly sessions?: Sessions | undefined;
  /**
   * Called when there is output although none of the methods was called: what came by this connection was
   * settled by another. Default: nothing, for callers who take the output anyway.
   */
  readonly wake?: (() => void) | undefined;
}

/** What the caller chooses of one message. */
export interface MessageOptions {
  /** Default: a new one. Given when a message is sent again. */
  readonly id?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** What the caller chooses of a message for which something comes back. */
export interface CallOptions extends MessageOptions {
  /** From now on; infinite for none, which only a stream may have. */
  readonly timeoutMs: number;
  /** Anything; it comes back with each event about the message. */
  readonly token?: unknown;
}

/**
 * What happened, for the shell to act on. `closed` comes exactly once, and last.
 *
 * An `InboundMessage` is an event itself: one object less for each message.
 */
export type ConnectionEvent =
  | { readonly kind: "open"; readonly agreement: Agreement }
  | InboundMessage
  /** An item of a stream that we asked for. */
  | { readonly kind: "item"; readonly token: unknown; readonly data: unknown }
  /** The asker of a stream that we serve has room for more items. */
  | { readonly kind: "credit"; readonly message: InboundMessage }
  /** The asker wants no answer any more; the message is settled. */
  | { readonly kind: "cancelled"; readonly message: InboundMessage }
  /** A request of ours was answered, a stream has ended, a message was acknowledged (no `data` then). */
  | {
      readonly kind: "settled";
      readonly key: MessageKey;
      readonly token: unknown;
      readonly data: unknown;
    }
  | {
      readonly kind: "failed";
      readonly key: MessageKey;
      readonly token: unknown;
      readonly error: RnpError;
    }
  /** Either side refused a message that nobody waits for; the connection goes on. */
  | { readonly kind: "refused"; readonly by: "local" | "peer"; readonly error: RnpError }
  /** No new messages may be sent; what is in flight still finishes. */
  | { readonly kind: "leaving" }
  | { readonly kind: "closed"; readonly error: RnpError | undefined };

/** What the shell must do next: write the bytes, deliver the events, then wake us. */
export interface Output {
  /** To be written in this order and each by itself, since large ones lie where the application has them. */
  readonly writes: readonly Uint8Array[];
  readonly events: readonly ConnectionEvent[];
  /** When to call `handleTimeout`, on the clock of `now`; `undefined` once closed: end the stream then. */
  readonly wakeAt: number | undefined;
}
