import type { Hello } from "../../generated/messages/hello.js";
import type { HelloAck } from "../../generated/messages/hello_ack.js";
import type { ConnectionEvent } from "./connection-types.js";
import type { Correspondence } from "./correspondence.js";
import type { CreditReturn } from "./credit-return.js";
import type { RnpError } from "./error.js";
import type { Farewell } from "./farewell.js";
import type { Host } from "./host.js";
import type { PeerIdentity } from "./identity.js";
import type { Inbox } from "./inbox.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Outbound } from "./outbound.js";
import type { ReceiveWindow } from "./receive-window.js";
import type { Receiver } from "./received.js";
import type { Routes } from "./routes.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** What one connection consists of, for the part of it that takes the peer's frames. */
export interface ConnectionParts {
  readonly peer: PeerIdentity;
  readonly host: Host;
  readonly meter: TrafficMeter;
  readonly lifecycle: Lifecycle;
  readonly farewell: Farewell;
  readonly receiver: Receiver;
  readonly outbound: Outbound;
  readonly routes: Routes;
  readonly window: ReceiveWindow;
  readonly creditReturn: CreditReturn;
  /** What we have asked of the peer. */
  readonly correspondence: Correspondence;
  /** What the peer has asked of us. */
  readonly inbox: Inbox;
  emit(event: ConnectionEvent): void;
  /** When the bytes that are being handled came, Unix ms. */
  arrivedAt(): number;
  greetedWith(hello: Hello): void;
  acceptedWith(helloAck: HelloAck): void;
  /** The peer says what is wrong with the connection as a whole. */
  complained(error: RnpError): void;
}
