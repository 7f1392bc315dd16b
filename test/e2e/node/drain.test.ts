import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RnpNode } from "../../../runtime/index.js";
import { testCertificate } from "../../support/certificates.js";
import { startCluster, startNode } from "../../support/cluster.js";
import { deferred } from "../../support/deferred.js";
import { RawPeer } from "../../support/raw-peer.js";

/*
 * Each of these closes ends, or the test runs into its time limit, which is many times the drain.
 */

const QUERY = { service_name: "user-service" };
const PATIENT = { timeoutMs: 60_000 };
const DRAIN = { drainMs: 200 };
const ENTRY = {
  instance_id: "inst-1",
  sequence: 1,
  timestamp: 0,
  output: "stdout" as const,
  text: "ready",
};
const CHUNK = {
  file_id: `file-${"0".repeat(32)}`,
  chunk_id: 0,
  chunk_data: new Uint8Array(2 ** 20),
  checksum: `sha256:${"0".repeat(64)}`,
};

/** Lets the queries of `controller` wait for ever; tells when one came and when it was aborted. */
function hang(controller: RnpNode) {
  const started = deferred();
  const aborted = deferred();
  controller.handle("mesh.query", (_, { signal }) => {
    signal.addEventListener("abort", aborted.resolve);
    started.resolve();
    return new Promise(() => {});
  });
  return { started: started.promise, aborted: aborted.promise };
}

const failureOf = (work: Promise<unknown>) => work.catch((error) => error);

async function greet(node: RnpNode): Promise<RawPeer> {
  return RawPeer.greet(node.address!, await testCertificate({ id: "node-1" }));
}

describe("closing ends in time", () => {
  it("with a handler that never returns: it is aborted, and its caller told", async () => {
    const { controller, nodes } = await startCluster(1);
    const { started, aborted } = hang(controller);
    const asked = failureOf((await nodes[0]!.controller()).mesh.query(QUERY, PATIENT));
    await started;
    await controller.close(DRAIN);
    expect(await asked).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
    await aborted;
  });

  it("with a request of its own that nobody answers", async () => {
    const { controller, nodes } = await startCluster(1);
    const { started, aborted } = hang(controller);
    const asked = failureOf((await nodes[0]!.controller()).mesh.query(QUERY, PATIENT));
    await started;
    await nodes[0]!.close(DRAIN);
    expect(await asked).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
    await aborted;
  });

  it("and lets what finishes within the drain finish", async () => {
    const { controller, nodes } = await startCluster(1);
    const answering = deferred();
    const asked = new Promise<void>((resolve) => {
      controller.handle("mesh.query", async (query) => {
        resolve();
        await answering.promise;
        return { ...query, instances: [] };
      });
    });
    const answer = (await nodes[0]!.controller()).mesh.query(QUERY);
    await asked;
    const closed = controller.close({ drainMs: 20_000 });
    answering.resolve();
    expect(await answer).toMatchObject(QUERY);
    await closed;
  });

  it("with a peer that never answers the goodbye", async () => {
    const node = await startNode("controller-1");
    const peer = await greet(node);
    const closed = node.close(DRAIN);
    expect((await peer.hear("goodbye")).data).toMatchObject({ reason: "shutdown" });
    await closed;
    await peer.closed();
  });

  it("with a peer that does not read", async () => {
    const node = await startNode("controller-1");
    const peer = await greet(node);
    peer.socket.pause();
    const sent = Array.from({ length: 32 }, () =>
      node
        .peer("node-1")
        .fs.replicate(CHUNK)
        .then(
          () => undefined,
          (error) => error,
        ),
    );
    await node.close(DRAIN);
    for (const error of await Promise.all(sent)) expect(error.code).toBe("UNAVAILABLE");
    peer.socket.destroy();
  });

  it.each(["its reader", "its writer"])(
    "with an open stream, whoever closes: %s",
    async (closer) => {
      const { nodes } = await startCluster(2);
      const [reader, writer] = [nodes[0]!, nodes[1]!];
      const aborted = deferred();
      writer.handle("log.subscribe", async function* (_, { signal }) {
        signal.addEventListener("abort", aborted.resolve);
        yield ENTRY;
        await new Promise(() => {});
      });
      const stream = reader.peer("node-2").log.subscribe({ instance_id: "inst-1" });
      expect(await stream.next()).toEqual({ done: false, value: ENTRY });
      const next = failureOf(stream.next());
      await (closer === "its reader" ? reader : writer).close(DRAIN);
      expect(await next).toMatchObject({ code: "UNAVAILABLE" });
      await aborted.promise;
    },
  );

  it("with a dial under way, whose caller is told", async () => {
    const silent = createServer();
    onTestFinished(() => void silent.close());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const node = await startNode("node-1");
    const dialling = failureOf(node.peerAt(`127.0.0.1:${port}`));
    await node.close(DRAIN);
    expect(await dialling).toMatchObject({ code: "CANCELLED", outcome: "not-delivered" });
  });

  it("twice as once, and nothing can be sent after it", async () => {
    const { nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    const closing = nodes[0]!.close(DRAIN);
    expect(nodes[0]!.close({ drainMs: 60_000 })).toBe(closing);
    await closing;
    await expect(peer.ping({ timestamp: 0 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
