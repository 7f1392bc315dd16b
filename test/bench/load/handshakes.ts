import { once } from "node:events";
import { MESSAGES } from "../../../generated/dispatch.js";
import { RnpError } from "../../../runtime/core/error.js";
import { CAPABILITIES } from "../../../runtime/core/handshake.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { createNode } from "../../../runtime/index.js";
import { parseAddress } from "../../../runtime/net/address.js";
import { HOST } from "../../../runtime/net/clock.js";
import { dial } from "../../../runtime/net/dial.js";
import type { Endpoint } from "../../../runtime/net/endpoint.js";
import { Guard } from "../../../runtime/net/guard.js";
import { connectionTimingOf, networkOf } from "../../../runtime/node/options.js";
import {
  type CertificatePaths,
  loadIdentity,
} from "../../../runtime/security/certificate-files.js";
import { type Ended, type InFlightOptions, keepInFlight } from "./in-flight.js";
import { connectWith, listenRaw, settingsOf } from "./raw-tls.js";

/** All come from one address, and none of them is a stranger. */
const OPEN_DOOR = {
  unprovenMax: 10_000,
  unprovenPerAddressMax: 10_000,
  handshakesPerSecond: 1_000_000,
  handshakeBurst: 1_000_000,
};

/** Starts a node that lets everybody in; gives its address. */
export async function serveHandshakes(identity: CertificatePaths): Promise<string> {
  const network = { max_connections: 10_000 };
  const options = { identity, listen: "127.0.0.1:0", limits: OPEN_DOOR, network };
  return (await createNode(options)).address!;
}

/** Starts a server of bare TLS that says a byte to whoever it has let in; gives its port. */
export function serveRawHandshakes(identity: CertificatePaths): Promise<number> {
  return listenRaw(identity, (socket) => socket.resume().write("!"));
}

/** Connects for a while, as far as `hello_ack`, and ends each connection at once. */
export async function dialFor(
  identity: CertificatePaths,
  address: string,
  options: InFlightOptions,
): Promise<Ended> {
  const endpoint = await endpointOf(identity);
  const target = parseAddress(address);
  const done = new RnpError("CANCELLED", "that was all");
  return keepInFlight(options, (settle) => {
    dial(target, endpoint, { timeoutMs: 30_000 })
      .then((link) => {
        link.fail(done);
        settle();
      })
      .catch(settle);
  });
}

/** The same with bare TLS, as far as the byte that says that the server has judged the certificate. */
export async function connectFor(
  identity: CertificatePaths,
  port: number,
  options: InFlightOptions,
): Promise<Ended> {
  const settings = await settingsOf(identity);
  return keepInFlight(options, (settle) => {
    connectWith(settings, port)
      .then(async (socket) => {
        await once(socket, "data");
        socket.end();
        settle();
      })
      .catch(settle);
  });
}

async function endpointOf(identity: CertificatePaths): Promise<Endpoint> {
  const credentials = await loadIdentity(identity);
  const local = { ...credentials.identity, bootEpochMs: 1, capabilities: CAPABILITIES };
  const nothing = () => {};
  return {
    credentials,
    guard: new Guard({ allowed: undefined, revoked: new Set() }),
    ring: undefined,
    connection: {
      local,
      messages: MESSAGES,
      host: HOST,
      meter: new TrafficMeter(),
      timing: connectionTimingOf(networkOf({ identity })),
    },
    observer: {
      onOpen: nothing,
      onMessage: nothing,
      onCancelled: nothing,
      onRefused: nothing,
      onClosed: nothing,
    },
  };
}
