import { describe, expect, it } from "vitest";
import {
  createNode,
  type Logger,
  type NetworkOptions,
  type RnpNode,
  SILENT,
} from "../../../runtime/index.js";
import { testCertificate } from "../../support/certificates.js";
import { startNode } from "../../support/cluster.js";
import { deferred } from "../../support/deferred.js";
import { RawPeer } from "../../support/raw-peer.js";

const CHUNK = {
  file_id: `file-${"0".repeat(32)}`,
  chunk_id: 0,
  chunk_data: new Uint8Array(1),
  checksum: `sha256:${"0".repeat(64)}`,
};
const QUERY = { service_name: "user-service" };

/** A node that is alone, with connections as `network` says. */
function startLoner(id: string, network: Partial<NetworkOptions>, logger?: Logger) {
  return startNode(id, { network, ...(logger === undefined ? {} : { logger }) });
}

/** To whom connections are open. */
function openOf(node: RnpNode): string[] {
  const open = node.connections().filter(({ isOpen }) => isOpen);
  return open.map(({ peer }) => peer);
}

const failureOf = (work: Promise<unknown>) => work.catch((error) => error);

/** A logger that lists in `closed` to whom a connection was closed with a goodbye. */
function listing(closed: string[]): Logger {
  const debug = (fields: object, text: string) => {
    if (text === "a connection was closed") closed.push((fields as { peer: string }).peer);
  };
  return { ...SILENT, debug };
}

async function greet(address: string, id: string): Promise<RawPeer> {
  return RawPeer.greet(address, await testCertificate({ id }), id);
}

describe("max_connections", () => {
  it("refuses at once whoever asks for more, and takes others when there is room", async () => {
    const { address } = await startLoner("node-1", { max_connections: 2 });
    const first = await greet(address!, "node-2");
    const second = await greet(address!, "node-3");
    await expect(greet(address!, "node-4")).rejects.toThrow();
    first.socket.destroy();
    await expect.poll(() => greet(address!, "node-4").catch(() => undefined)).toBeDefined();
    expect(second.socket.destroyed).toBe(false);
  });

  it("counts connections that the node dialled", async () => {
    const node = await startLoner("node-1", { max_connections: 1 });
    const other = await startNode("node-2");
    await node.peerAt(other.address!);
    await expect(greet(node.address!, "node-3")).rejects.toThrow();
  });

  it("lets the node dial when somebody else has gone", async () => {
    const node = await startLoner("node-1", { max_connections: 1 });
    const other = await startNode("node-2");
    const first = await greet(node.address!, "node-3");
    const dial = () => failureOf(node.peerAt(other.address!));
    expect(await dial()).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
    first.socket.destroy();
    await expect.poll(dial).toMatchObject({ id: "node-2" });
  });

  it("closes the dialled connection that is idle longest for one more", async () => {
    const closed: string[] = [];
    // A client, as members speak to each other in between.
    const identity = await testCertificate();
    const network = { max_connections: 2 };
    await using node = await createNode({ identity, network, logger: listing(closed) });
    const [second, third, fourth] = [
      await startNode("node-2"),
      await startNode("node-3"),
      await startNode("node-4"),
    ];
    await node.peerAt(second.address!);
    await node.peerAt(third.address!);
    // Not before they have been idle for a moment.
    await expect
      .poll(() => failureOf(node.peerAt(fourth.address!)))
      .toMatchObject({ id: "node-4" });
    expect(closed).toEqual(["node-2"]);
  });

  it("fails a dial with RESOURCE_EXHAUSTED where all connections are in use", async () => {
    const node = await startLoner("node-1", { max_connections: 1 });
    const controller = await startNode("controller-1");
    const answering = deferred();
    controller.handle("mesh.query", async (query) => {
      await answering.promise;
      return { ...query, instances: [] };
    });
    const asked = (await node.peerAt(controller.address!)).mesh.query(QUERY);
    const other = await startNode("node-2");
    await expect(node.peerAt(other.address!)).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      outcome: "not-delivered",
    });
    answering.resolve();
    expect(await asked).toMatchObject(QUERY);
  });
});

describe("a connection that this node dialled", () => {
  /** A node and a controller that it dialled, and who said goodbye to whom since. */
  async function idling(idle_timeout_seconds: number) {
    const closed: string[] = [];
    const node = await startLoner("node-1", { idle_timeout_seconds }, listing(closed));
    const controller = await startNode("controller-1");
    return { node, controller, peer: await node.peerAt(controller.address!), closed };
  }

  it("is closed with a goodbye when it has been idle, and opened again for the next call", async () => {
    const { controller, peer, closed } = await idling(0.2);
    controller.handle("mesh.query", (query) => ({ ...query, instances: [] }));
    expect(await peer.mesh.query(QUERY)).toMatchObject(QUERY);
    await expect.poll(() => closed).toEqual(["controller-1"]);
    expect(await peer.mesh.query(QUERY)).toMatchObject(QUERY);
  });

  it("is not idle while an answer is awaited on it", async () => {
    const { node, controller, peer, closed } = await idling(0.1);
    const answering = deferred();
    controller.handle("mesh.query", async (query) => {
      await answering.promise;
      return { ...query, instances: [] };
    });
    const asked = peer.mesh.query(QUERY);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(openOf(node)).toEqual(["controller-1"]);
    answering.resolve();
    await asked;
    await expect.poll(() => closed).toEqual(["controller-1"]);
  });

  it("is not idle while this node handles what came on it", async () => {
    const { node, controller } = await idling(0.2);
    const handling = deferred();
    const began = deferred();
    node.handle("fs.replicate", async () => {
      began.resolve();
      await handling.promise;
    });
    const acknowledged = controller.peer("node-1").fs.replicate(CHUNK);
    await began.promise;
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(openOf(node)).toEqual(["controller-1"]);
    handling.resolve();
    await acknowledged;
  });

  it("is not idle while a stream is open on it", async () => {
    const closed: string[] = [];
    const node = await startLoner("node-1", { idle_timeout_seconds: 0.1 }, listing(closed));
    const other = await startNode("node-2");
    other.handle("log.subscribe", async function* (_, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield* [];
    });
    const stream = (await node.peerAt(other.address!)).log.subscribe({ instance_id: "inst-1" });
    const next = stream.next();
    // The connection that only introduced them is idle.
    await expect.poll(() => closed).toEqual(["node-2"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(openOf(node)).toEqual(["node-2"]);
    await stream.return?.();
    await next;
    await expect.poll(() => closed).toEqual(["node-2", "node-2"]);
  });
});
