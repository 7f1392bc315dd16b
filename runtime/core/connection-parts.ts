import type { Hello } from "../../generated/messages/hello.js";
import type { HelloAck } from "../../generated/messages/hello_ack.js";
import type { ConnectionEvent } from "./connection-types.js";
import type { Correspondence } from "./correspondence.js";
import type { CreditReturn } from "./credit-return.js";
import type { AckWriter } from "./delivery/ack-writer.js";
import type { CarriedChannels } from "./delivery/carried-channels.js";
import type { ReceivedChannels } from "./delivery/received-channels.js";
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
  /** The channels that send on this connection. */
  readonly carried: CarriedChannels;
  /** What has come from the peer in channels, on whatever connection. */
  readonly received: ReceivedChannels;
  /** What of that is to be acknowledged on this one. */
  readonly acks: AckWriter;
  emit(event: ConnectionEvent): void;
  /** Whether messages have places in channels, as both sides agreed. */
  delivers(): boolean;
  /** Credit has come. */
  roomHasCome(): void;
  /** When the bytes that are being handled came, Unix ms. */
  arrivedAt(): number;
  greetedWith(hello: Hello): void;
  acceptedWith(helloAck: HelloAck): void;
  /** The peer says what is wrong with the connection as a whole. */
  complained(error: RnpError): void;
}
