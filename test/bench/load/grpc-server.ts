import { readFile } from "node:fs/promises";
import {
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type { GossipHeartbeat, Ping, Pong } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { Arrivals } from "./arrivals.js";
import { GRPC_OPTIONS, type Received, SERVICE } from "./grpc-service.js";

const arrivals = new Arrivals();

/** Starts a gRPC server that wants certificates; gives its address. */
export async function serveGrpc({ cert, key, ca }: CertificatePaths): Promise<string> {
  const pair = { cert_chain: await readFile(cert), private_key: await readFile(key) };
  const credentials = ServerCredentials.createSsl(await readFile(ca), [pair], true);
  const server = new Server(GRPC_OPTIONS);
  server.addService(SERVICE, { heartbeats, ping });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(error);
    });
  });
}

/** When the handler has seen `count` heartbeats more than at the last time. */
export function grpcHeartbeatsHandled(count: number): Promise<number> {
  return arrivals.reached(count);
}

function heartbeats(
  call: ServerReadableStream<GossipHeartbeat, Received>,
  answer: sendUnaryData<Received>,
): void {
  let count = 0;
  call.on("data", () => {
    count += 1;
    arrivals.add(1);
  });
  call.on("end", () => answer(null, { count }));
}

function ping({ request }: ServerUnaryCall<Ping, Pong>, answer: sendUnaryData<Pong>): void {
  answer(null, { request_timestamp: request.timestamp, response_timestamp: Date.now() });
}
