import { Calls } from "./calls.js";
import type { ConnectionEvent, ConnectionOptions } from "./connection-types.js";
import { Correspondence } from "./correspondence.js";
import { CreditReturn } from "./credit-return.js";
import { AckWriter } from "./delivery/receiving/ack-writer.js";
import { ReceivedChannels } from "./delivery/receiving/received-channels.js";
import { CarriedChannels } from "./delivery/sending/carried-channels.js";
import { Ending } from "./ending.js";
import { Farewell } from "./farewell.js";
import { Greeting } from "./greeting.js";
import type { Host } from "./host.js";
import type { PeerIdentity } from "./identity.js";
import { Inbox } from "./inbox.js";
import { Lifecycle } from "./lifecycle.js";
import { MessageProtection } from "./message-protection.js";
import { Outbound } from "./outbound.js";
import { ReceiveWindow } from "./receive-window.js";
import { Receiver } from "./received.js";
import { Routes } from "./routes.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** What the parts of a connection need of the whole. */
export interface ConnectionHooks {
  emit(event: ConnectionEvent): void;
  /** Nothing is in flight, either way, and nothing waits to be sent. */
  isIdle(): boolean;
  /** When the bytes that are being handled came, Unix ms. */
  arrivedAt(): number;
}

/** What one connection consists of. */
export interface ConnectionParts extends Pick<ConnectionHooks, "emit" | "arrivedAt"> {
  readonly peer: PeerIdentity;
  readonly host: Host;
  readonly meter: TrafficMeter;
  readonly lifecycle: Lifecycle;
  readonly greeting: Greeting;
  readonly farewell: Farewell;
  readonly ending: Ending;
  readonly receiver: Receiver;
  readonly outbound: Outbound;
  /** `undefined`: messages are not authenticated. */
  readonly protection: MessageProtection | undefined;
  readonly routes: Routes;
  readonly window: ReceiveWindow;
  readonly creditReturn: CreditReturn;
  /** Asks something of the peer. */
  readonly calls: Calls;
  /** What we have asked of it. */
  readonly correspondence: Correspondence;
  /** What it has asked of us. */
  readonly inbox: Inbox;
  /** The channels that send on this connection. */
  readonly carried: CarriedChannels;
  /** What has come from the peer in channels, on whatever connection. */
  readonly received: ReceivedChannels;
  /** What of that is to be acknowledged on this one. */
  readonly acks: AckWriter;
}

/** Puts the parts of a connection together; `now` is when it began. */
export function assemble(
  now: number,
  options: ConnectionOptions,
  { emit, isIdle, arrivedAt }: ConnectionHooks,
): ConnectionParts {
  const { side, local, peer, host, meter, timing, messages, sessions, wake, secrets } = options;
  const { helloTimeoutMs, drainMs } = timing;
  const outbound = new Outbound(local.id, host, meter);
  const window = new ReceiveWindow();
  const inbox = new Inbox(window);
  const lifecycle = new Lifecycle(side, now + helloTimeoutMs);
  const receiver = new Receiver(peer.id, messages, meter);
  const protection = secrets && new MessageProtection(side, secrets, outbound, receiver);
  const correspondence = new Correspondence(peer.id, meter, emit);
  const calls = new Calls(peer.id, lifecycle, outbound, correspondence);
  const ending = new Ending({ peer: peer.id, lifecycle, outbound, calls, emit });
  const received = sessions?.of(peer.id) ?? new ReceivedChannels();
  // Written out: an object that is put together by spreading has a shape of its own, as large as the object.
  return {
    peer,
    host,
    meter,
    lifecycle,
    outbound,
    window,
    inbox,
    calls,
    correspondence,
    received,
    receiver,
    protection,
    carried: new CarriedChannels(),
    acks: new AckWriter(lifecycle, outbound, received.nextOrder(), wake ?? (() => {})),
    greeting: new Greeting({
      side,
      local,
      peer,
      host,
      helloTimeoutMs,
      received,
      lifecycle,
      receiver,
      outbound,
      window,
      calls,
      protection,
      emit,
    }),
    farewell: new Farewell({ lifecycle, outbound, drainMs, isIdle, emit, ending }),
    ending,
    routes: new Routes(peer, local, meter, messages),
    creditReturn: new CreditReturn(window, outbound, host),
    emit,
    arrivedAt,
  };
}
