import { Child } from "./child.js";
import { CHUNK_SIZE } from "./chunks.js";
import type { Identities } from "./identities.js";

type Vitals = typeof import("./vitals.js");
type Rnp = typeof import("./bulk-rnp.js") & Vitals;
type Raw = typeof import("./bulk-raw.js") & Vitals;

/** What one transfer of bulk data came to. */
export interface Transfer {
  readonly gigabytesPerSecond: number;
  /** Of both processes together. */
  readonly cpuSecondsPerGigabyte: number;
}

/**
 * Two processes between which our nodes send chunks, and two between which bare TLS carries the same bytes,
 * on as many connections.
 */
export class BulkPairs implements AsyncDisposable {
  readonly #rnpServer = new Child<Rnp>("bulk-rnp", "vitals");
  readonly #rnpClient = new Child<Rnp>("bulk-rnp", "vitals");
  readonly #rawServer = new Child<Raw>("bulk-raw", "vitals");
  readonly #rawClient = new Child<Raw>("bulk-raw", "vitals");

  /** How many connections carry the chunks, on either side. */
  async connect(identities: Identities): Promise<number> {
    const [server, client] = [await identities.of("server"), await identities.of("client")];
    const address = await this.#rnpServer.call("serveChunks", server);
    await this.#rnpClient.call("connectChunks", client, address);
    await this.#rnpClient.call("sendChunks", OPENING);
    // One more belongs to the pool for small messages, by which the two have met.
    const connectionCount = (await this.#rnpServer.call("connectionCount")) - 1;
    const port = await this.#rawServer.call("serveSink", server);
    await this.#rawClient.call("connectSink", client, port, connectionCount);
    return connectionCount;
  }

  /** Chunks that are acknowledged as soon as a handler has seen them. */
  rnp(): Promise<Transfer> {
    return measured([this.#rnpServer, this.#rnpClient], async () => {
      const { count, seconds } = await this.#rnpClient.call("sendChunks", IN_FLIGHT);
      return { byteCount: count * CHUNK_SIZE, seconds };
    });
  }

  /** Chunks that are acknowledged when the handler has verified them. */
  async verified(): Promise<Transfer> {
    await this.#rnpServer.call("verifyChunks", true);
    const transfer = await this.rnp();
    await this.#rnpServer.call("verifyChunks", false);
    return transfer;
  }

  /** Chunks that bare TLS brings to a receiver who drops them. */
  raw(): Promise<Transfer> {
    return measured([this.#rawServer, this.#rawClient], async () => {
      const { count, startedAtMs } = await this.#rawClient.call("pour", IN_FLIGHT.durationMs);
      const endedAtMs = await this.#rawServer.call("bytesDiscarded", count);
      return { byteCount: count, seconds: (endedAtMs - startedAtMs) / 1000 };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const children = [this.#rnpServer, this.#rnpClient, this.#rawServer, this.#rawClient];
    await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
  }
}

async function measured(
  processes: readonly Pick<Child<Vitals>, "call">[],
  transfer: () => Promise<{ byteCount: number; seconds: number }>,
): Promise<Transfer> {
  const before = await cpuSeconds(processes);
  const { byteCount, seconds } = await transfer();
  const cpu = (await cpuSeconds(processes)) - before;
  return {
    gigabytesPerSecond: byteCount / GIGABYTE / seconds,
    cpuSecondsPerGigabyte: (cpu / byteCount) * GIGABYTE,
  };
}

async function cpuSeconds(processes: readonly Pick<Child<Vitals>, "call">[]): Promise<number> {
  const each = await Promise.all(processes.map((one) => one.call("cpuSeconds")));
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

const IN_FLIGHT = { inFlightCount: 16, durationMs: 1000 };
/** Time enough for the pool to dial what it wants. */
const OPENING = { inFlightCount: 16, durationMs: 3000 };
const GIGABYTE = 1e9;
