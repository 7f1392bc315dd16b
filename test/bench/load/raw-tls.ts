import { constants } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";

/*
 * TLS without a protocol: the limit that a protocol can reach. It is set up as the protocol sets it up: the
 * same certificates on both sides, version, cipher and curve, no tickets and no delay.
 */

/** Listens on a port of this machine, which it gives, for sockets with a certificate of the run. */
export async function listenRaw(
  paths: CertificatePaths,
  onSocket: (socket: TLSSocket) => void,
): Promise<number> {
  const server = createServer({ ...(await settingsOf(paths)), requestCert: true }, (socket) => {
    socket.setNoDelay(true);
    // A client that is killed is no fault of the server.
    socket.on("error", () => socket.destroy());
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Connects to `port` of this machine. */
export async function connectRaw(paths: CertificatePaths, port: number): Promise<TLSSocket> {
  return connectWith(await settingsOf(paths), port);
}

/** The same with settings that were read before. */
export async function connectWith(settings: RawSettings, port: number): Promise<TLSSocket> {
  const checkServerIdentity = () => undefined;
  const host = "127.0.0.1";
  const socket = connect({ host, port, ...settings, checkServerIdentity });
  socket.setNoDelay(true);
  await once(socket, "secureConnect");
  return socket;
}

export type RawSettings = Awaited<ReturnType<typeof settingsOf>>;

export async function settingsOf({ cert, key, ca }: CertificatePaths) {
  const [certText, keyText, caText] = await Promise.all(
    [cert, key, ca].map((path) => readFile(path)),
  );
  return {
    cert: certText,
    key: keyText,
    ca: caText,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ciphers: "TLS_AES_256_GCM_SHA384",
    ecdhCurve: "X25519",
    secureOptions: constants.SSL_OP_NO_TICKET,
    rejectUnauthorized: true,
  } as const;
}
