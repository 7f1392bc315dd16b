import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  type Client,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  makeClientConstructor,
  type requestCallback,
} from "@grpc/grpc-js";
import type { GossipHeartbeat, Ping, Pong } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { monotonicMs } from "./clock.js";
import { GRPC_OPTIONS, type Received, SERVICE } from "./grpc-service.js";
import { type Ended, type InFlightOptions, keepInFlight } from "./in-flight.js";
import { heartbeatOf, pingNow } from "./messages.js";
import { BATCH_COUNT, type Sent } from "./sent.js";

/** The methods that grpc-js makes of `SERVICE`. */
interface BenchClient extends Client {
  heartbeats(answered: requestCallback<Received>): ClientWritableStream<GossipHeartbeat>;
  ping(data: Ping, answered: requestCallback<Pong>): ClientUnaryCall;
}

let client: BenchClient;

/** Connects with a certificate: one connection, as gRPC has it. */
export async function connectGrpc(
  { cert, key, ca }: CertificatePaths,
  address: string,
): Promise<void> {
  const texts = await Promise.all([ca, key, cert].map((path) => readFile(path)));
  const [authority, privateKey, chain] = texts as [Buffer, Buffer, Buffer];
  // The certificates name nodes, not hosts.
  const verify = { checkServerIdentity: () => undefined };
  const secure = credentials.createSsl(authority, privateKey, chain, verify);
  const BenchClient = makeClientConstructor(SERVICE, "Bench");
  client = new BenchClient(address, secure, OPTIONS) as unknown as BenchClient;
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + READY_TIMEOUT_MS, (error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}

/** Streams heartbeats for a while. */
export async function streamHeartbeats(durationMs: number): Promise<Sent> {
  const startedAtMs = monotonicMs();
  let count = 0;
  const stream = client.heartbeats(failOn);
  while (monotonicMs() - startedAtMs < durationMs) {
    for (let more = 1; more < BATCH_COUNT; more++) stream.write(heartbeatOf(count++));
    if (!stream.write(heartbeatOf(count++))) await once(stream, "drain");
  }
  stream.end();
  return { count, startedAtMs };
}

/** Pings for a while, with always as many under way. */
export function grpcPingInFlight(options: InFlightOptions): Promise<Ended> {
  return keepInFlight(options, (settle) => {
    client.ping(pingNow(), settle);
  });
}

const READY_TIMEOUT_MS = 10_000;
/** Any name will do, but an address may not be one. */
const OPTIONS = { ...GRPC_OPTIONS, "grpc.ssl_target_name_override": "server" };

function failOn(error: Error | null): void {
  if (error !== null) throw error;
}
