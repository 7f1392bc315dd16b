import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { Arrivals } from "./arrivals.js";
import { chunksOf } from "./chunks.js";
import { monotonicMs } from "./clock.js";
import { connectRaw, listenRaw } from "./raw-tls.js";
import type { Sent } from "./sent.js";

const arrivals = new Arrivals();

/** Starts a server that discards all that comes; gives its port. */
export function serveSink(paths: CertificatePaths): Promise<number> {
  return listenRaw(paths, (socket) => {
    socket.on("data", ({ length }) => arrivals.add(length));
  });
}

/** When `byteCount` bytes more than at the last time had come. */
export function bytesDiscarded(byteCount: number): Promise<number> {
  return arrivals.reached(byteCount);
}

let sockets: readonly TLSSocket[];
let buffers: readonly Uint8Array[];

/** Connects to it by some connections. */
export async function connectSink(
  paths: CertificatePaths,
  port: number,
  connectionCount: number,
): Promise<void> {
  const dials = Array.from({ length: connectionCount }, () => connectRaw(paths, port));
  sockets = await Promise.all(dials);
  buffers = chunksOf(BUFFER_COUNT).map(({ chunk_data }) => chunk_data);
}

/** Writes chunks on all connections for a while; gives how many bytes that were. */
export async function pour(durationMs: number): Promise<Sent> {
  const startedAtMs = monotonicMs();
  const counts = sockets.map((socket) => pourInto(socket, startedAtMs + durationMs));
  const count = (await Promise.all(counts)).reduce((sum, each) => sum + each, 0);
  return { count, startedAtMs };
}

async function pourInto(socket: TLSSocket, untilMs: number): Promise<number> {
  let byteCount = 0;
  for (let index = 0; monotonicMs() < untilMs; index = (index + 1) % BUFFER_COUNT) {
    const buffer = buffers[index]!;
    byteCount += buffer.length;
    if (!socket.write(buffer)) await once(socket, "drain");
  }
  return byteCount;
}

/** More than a cache of the processor holds. */
const BUFFER_COUNT = 64;
