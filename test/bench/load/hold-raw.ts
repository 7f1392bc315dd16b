import type { TLSSocket } from "node:tls";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { connectRaw, listenRaw } from "./raw-tls.js";
import { someAtATime } from "./some-at-a-time.js";

/** Starts a server that reads what comes and says nothing; gives its port. */
export function serveHold(paths: CertificatePaths): Promise<number> {
  return listenRaw(paths, (socket) => {
    socket.on("data", () => {});
  });
}

const sockets: TLSSocket[] = [];

/** Begins to connect as often as wanted, in the background; what goes wrong ends the process. */
export function startHolding(paths: CertificatePaths, port: number, count: number): void {
  const dials = Array(count).fill(port);
  void someAtATime(dials, DIALS_AT_ONCE, async () => {
    sockets.push(await connectRaw(paths, port));
  });
}

/** How many connections are there so far; none fails. */
export function dials(): { dialled: number; failed: number } {
  return { dialled: sockets.length, failed: 0 };
}

/** As many as the crowd. */
const DIALS_AT_ONCE = 16;
