import type { TLSSocket } from "node:tls";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { type Ended, type InFlightOptions, keepInFlight, type Settle } from "./in-flight.js";
import { connectRaw, listenRaw } from "./raw-tls.js";
import { settled, timesOf } from "./times.js";

/** How many bytes a request and its answer have. */
export interface EchoSizes {
  readonly requestSize: number;
  readonly answerSize: number;
}

/** Answers every `requestSize` bytes with `answerSize` bytes; gives the port. */
export function serveEcho(paths: CertificatePaths, sizes: EchoSizes): Promise<number> {
  return listenRaw(paths, (socket) => echo(socket, sizes));
}

function echo(socket: TLSSocket, { requestSize, answerSize }: EchoSizes): void {
  let restSize = 0;
  socket.on("data", ({ length }) => {
    restSize += length;
    const count = Math.floor(restSize / requestSize);
    restSize -= count * requestSize;
    if (count > 0) socket.write(Buffer.alloc(count * answerSize));
  });
}

let socket: TLSSocket;
let request: Buffer;
const waiting: Settle[] = [];

/** Connects to an echo server. */
export async function connectEcho(
  paths: CertificatePaths,
  port: number,
  { requestSize, answerSize }: EchoSizes,
): Promise<void> {
  socket = await connectRaw(paths, port);
  request = Buffer.alloc(requestSize);
  let restSize = 0;
  socket.on("data", ({ length }) => {
    restSize += length;
    for (; restSize >= answerSize; restSize -= answerSize) waiting.shift()?.();
  });
}

/** Sends one request and says when its answer is complete. */
function echoOnce(settle: Settle): void {
  waiting.push(settle);
  socket.write(request);
}

/** How long echoes take, one at a time. */
export function echoTimes(count: number): Promise<number[]> {
  return timesOf(count, () => settled(echoOnce));
}

/** Echoes for a while, with always as many under way. Those of one turn leave in one write. */
export function echoInFlight(options: InFlightOptions): Promise<Ended> {
  return keepInFlight(options, (settle) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      queueMicrotask(() => socket.uncork());
    }
    echoOnce(settle);
  });
}
