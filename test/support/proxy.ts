import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/**
 * A proxy in front of a node of the test; closed after the test. Without a target it leads to a free port: a
 * node that all others are to reach through it is started with `listen: proxy.target` and
 * `advertise: proxy.address`.
 */
export async function startProxy(target?: string): Promise<TestProxy> {
  const proxy = new TestProxy(await listening(), target ?? (await freeAddress()));
  onTestFinished(() => proxy.close());
  return proxy;
}

/** An address of this machine that nobody listens on, `host:port`. */
export async function freeAddress(): Promise<string> {
  const server = await listening();
  const { port } = server.address() as AddressInfo;
  server.close();
  return `127.0.0.1:${port}`;
}

async function listening(): Promise<Server> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

interface Pair {
  readonly client: Socket;
  readonly target: Socket;
}

/** A TCP proxy that can cut, stall and delay what goes through it. */
export class TestProxy {
  /** Where it listens, `host:port`. */
  readonly address: string;
  /** Where it leads, `host:port`. */
  readonly target: string;
  /** How long bytes from the target are held back. */
  delayMs = 0;
  /** Connections that were made through it so far. */
  connectionCount = 0;
  /** What the target has sent through it, in bytes. */
  receivedBytes = 0;
  /** Called when the target has sent something. */
  onReceived: () => void = () => {};
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #isStalled = false;
  #isBlocked = false;

  constructor(server: Server, target: string) {
    const { port } = server.address() as AddressInfo;
    this.address = `127.0.0.1:${port}`;
    this.target = target;
    this.#server = server;
    server.on("connection", (client) => this.#join(client));
  }

  /** Breaks every connection at once, without a goodbye. New ones are taken as before. */
  cut(): void {
    for (const { client, target } of this.#pairs) {
      client.resetAndDestroy();
      target.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** Breaks every connection, and from now on each new one at once. */
  block(): void {
    this.#isBlocked = true;
    this.cut();
  }

  /** Lets connections through again. */
  mend(): void {
    this.#isBlocked = false;
  }

  /** From now on nothing gets through in either direction; connections stay open. */
  stall(): void {
    this.#isStalled = true;
    for (const pair of this.#pairs) for (const socket of Object.values(pair)) socket.pause();
  }

  /** Everything flows again, from where it was. */
  resume(): void {
    this.#isStalled = false;
    for (const pair of this.#pairs) for (const socket of Object.values(pair)) socket.resume();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.#isBlocked) return void client.destroy();
    this.connectionCount += 1;
    const [host, port] = this.target.split(":");
    const target = connect({ host: host!, port: Number(port) });
    const pair = { client, target };
    this.#pairs.add(pair);
    target.on("data", (bytes) => {
      this.receivedBytes += bytes.length;
      this.#pass(bytes, target, client, this.delayMs);
      this.onReceived();
    });
    client.on("data", (bytes) => this.#pass(bytes, client, target, 0));
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#isStalled) for (const socket of [client, target]) socket.pause();
  }

  #pass(bytes: Buffer, from: Socket, to: Socket, delayMs: number): void {
    if (delayMs > 0) setTimeout(() => to.write(bytes), delayMs);
    else if (!to.write(bytes)) {
      from.pause();
      to.once("drain", () => this.#isStalled || from.resume());
    }
  }
}
