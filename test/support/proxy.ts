import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy on loopback whose connections a test can cut. */
export interface Proxy {
  readonly address: string;
  /** Connections that were made through it so far. */
  readonly connectionCount: number;
  /** Cuts all connections; those that are made from now on are cut at once. */
  cut(): void;
  /** Lets connections through again. */
  mend(): void;
}

/** Starts a proxy to `target`, `HOST:PORT`; it ends with the test. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(`tcp://${target}`);
  const sockets = new Set<Socket>();
  let isCut = false;
  let connectionCount = 0;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    connectionCount++;
    const far = connect({ host: hostname, port: Number(port) });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connectionCount() {
      return connectionCount;
    },
    cut,
    mend: () => {
      isCut = false;
    },
  };
}
