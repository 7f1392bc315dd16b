import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { expect, it } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { HEARTBEAT } from "../../../generated/messages/heartbeat.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { HOST } from "../../../runtime/net/clock.js";
import { Link } from "../../../runtime/net/link.js";
import type { LinkObserver } from "../../../runtime/net/link-types.js";
import { End, localNode, TIMING } from "../../support/pair.js";

const OBSERVER: LinkObserver = {
  onOpen() {},
  onMessage() {},
  onCancelled() {},
  onRefused() {},
  onClosed() {},
};

/** A socket whose other side is `server`, and which takes nothing once it is told to. */
class FakeSocket extends Duplex {
  isStuck = false;
  /** What the writes lay in. */
  readonly memory = new Set<ArrayBufferLike>();
  readonly #server: End;

  constructor(server: End) {
    super({ writableHighWaterMark: 1 });
    this.#server = server;
  }

  setNoDelay(): this {
    return this;
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: string, done: () => void): void {
    this.memory.add(bytes.buffer);
    if (this.isStuck) return;
    this.#server.connection.handleBytes(0, bytes);
    this.#server.collect();
    for (const answer of this.#server.takeBytes()) this.push(answer);
    done();
  }
}

/** An open link of a node to a controller, and its socket. */
async function opened(): Promise<{ link: Link; socket: FakeSocket }> {
  const [node, controller] = [localNode("node-1", "node"), localNode("controller-1", "controller")];
  const common = { messages: MESSAGES, host: HOST, meter: new TrafficMeter(), timing: TIMING };
  const socket = new FakeSocket(
    new End({ ...common, side: "server", local: controller, peer: node }),
  );
  const link = new Link(
    socket as unknown as TLSSocket,
    { ...common, side: "client", local: node, peer: controller },
    OBSERVER,
  );
  await link.ready;
  return { link, socket };
}

const load = { cpu_percent: 1, ram_used_mb: 1, instance_count: 0 };

it("all sends that wait for one socket share a listener", async () => {
  const { link, socket } = await opened();
  socket.isStuck = true;
  const sending: Promise<void>[] = [];
  for (let count = 0; count < 50; count++) {
    sending.push(link.send(HEARTBEAT, load));
    await Promise.resolve(); // Each is written by itself, into a socket that is full.
  }
  expect(socket.writableNeedDrain).toBe(true);
  expect(socket.listenerCount("drain")).toBe(1);
  socket.destroy();
  await Promise.all(sending);
});

it("what was written is memory for the next write", async () => {
  const { link, socket } = await opened();
  for (let count = 0; count < 200; count++) {
    await link.send(HEARTBEAT, load);
    await new Promise(setImmediate);
  }
  expect(socket.memory.size).toBeLessThan(4);
  socket.destroy();
});
