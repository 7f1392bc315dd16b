import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { Child } from "./child.js";
import type { EchoSizes } from "./raw-echo.js";

type RnpServer = typeof import("./rnp-server.js");
type Relayed = typeof import("./rnp-relayed.js");

/** Each ping and each answer is one record of TLS 1.3: head, kind and authentication tag. */
const RECORD_OVERHEAD = 5 + 1 + 16;
const PING_COUNT = 200;

/**
 * How many bytes a ping and its answer have inside TLS, as a relay between two nodes counts them: bare TLS
 * is to carry as many.
 */
export async function wireSizes(
  server: CertificatePaths,
  client: CertificatePaths,
): Promise<EchoSizes> {
  await using rnpServer = new Child<RnpServer>("rnp-server");
  await using rnpClient = new Child<Relayed>("rnp-relayed");
  using relay = await Relay.to(await rnpServer.call("serveRnp", server));
  await rnpClient.call("connectRelayed", client, relay.address);
  const { sent, received } = { ...relay.counts };
  await rnpClient.call("pingRelayed", PING_COUNT);
  return {
    requestSize: sizeOf(relay.counts.sent - sent),
    answerSize: sizeOf(relay.counts.received - received),
  };
}

function sizeOf(byteCount: number): number {
  return Math.round(byteCount / PING_COUNT) - RECORD_OVERHEAD;
}

/** Passes connections on and counts their bytes. */
class Relay implements Disposable {
  readonly counts = { sent: 0, received: 0 };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: string) {
    const [host, port] = target.split(":");
    this.#server = createServer((near) => {
      this.#pass(near, connect({ host: host!, port: Number(port) }));
    });
  }

  static async to(target: string): Promise<Relay> {
    const relay = new Relay(target);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  [Symbol.dispose](): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(near: Socket, far: Socket): void {
    near.on("data", ({ length }) => {
      this.counts.sent += length;
    });
    far.on("data", ({ length }) => {
      this.counts.received += length;
    });
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
  }
}
