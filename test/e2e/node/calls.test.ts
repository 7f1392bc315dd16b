import { describe, expect, it } from "vitest";
import { type MeshResponse, RnpError } from "../../../runtime/index.js";
import { startCluster, startNode } from "../../support/cluster.js";

const QUERY = { service_name: "user-service" };
const NOBODY: MeshResponse = { service_name: "user-service", instances: [] };
const STOPPED = { instance_id: "inst-1", exit_code: 0, reason: "terminated", runtime_seconds: 1 };

describe("a request between two nodes over mutual TLS", () => {
  it("reaches the handler with the sender's identity and comes back with its answer", async () => {
    const { controller, nodes } = await startCluster(1);
    controller.handle("mesh.query", (query, { peer, meta, remainingMs }) => {
      expect(peer).toEqual({ id: "node-1", role: "node", cluster: "test" });
      expect(meta).toEqual({ traceparent: "00-1" });
      expect(remainingMs).toBeTypeOf("function");
      return { service_name: query.service_name, instances: [] };
    });
    const peer = await nodes[0]!.controller();
    const answer = await peer.mesh.query(QUERY, { meta: { traceparent: "00-1" } });
    expect(answer).toEqual(NOBODY);
  });

  it("fails with the handler's own RnpError, details included", async () => {
    const { controller, nodes } = await startCluster(1);
    controller.handle("mesh.query", () => {
      throw new RnpError("RESOURCE_EXHAUSTED", "no room", { details: { requested_mb: 4096 } });
    });
    const peer = await nodes[0]!.controller();
    await expect(peer.mesh.query(QUERY)).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      details: { requested_mb: 4096 },
      outcome: "rejected",
      peer: "controller-1",
    });
  });

  it.each([
    [
      "throws an Error",
      () => {
        throw new Error("password is hunter2");
      },
    ],
    [
      "throws undefined",
      () => {
        throw undefined;
      },
    ],
    ["answers nonsense", () => ({ nonsense: true }) as unknown as MeshResponse],
    ["answers nothing", () => undefined as unknown as MeshResponse],
  ])("gets one clean INTERNAL_ERROR from a handler that %s", async (_, handler) => {
    const { controller, nodes } = await startCluster(1);
    controller.handle("mesh.query", handler);
    const peer = await nodes[0]!.controller();
    const error: RnpError = await peer.mesh.query(QUERY).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error.code).toBe("INTERNAL_ERROR");
    expect(error.message).not.toContain("hunter2");
    await expect(peer.ping({ timestamp: 1 })).resolves.toMatchObject({ request_timestamp: 1 });
  });

  it("times out on both sides when the handler hangs, and its signal is aborted", async () => {
    const { controller, nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    // Connects, which may take longer than the timeout below.
    await peer.mesh.query(QUERY).catch(() => {});
    const aborted = new Promise((resolve) => {
      controller.handle("mesh.query", (_, { signal }) => {
        signal.addEventListener("abort", resolve, { once: true });
        return new Promise<MeshResponse>(() => {});
      });
    });
    await peer.ping({ timestamp: 0 }); // So that the time is not spent on connecting.
    await expect(peer.mesh.query(QUERY, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "TIMEOUT",
      outcome: "unknown",
    });
    await aborted;
  });

  it("is answered with UNSUPPORTED where nobody handles it", async () => {
    const { nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    await expect(peer.mesh.query(QUERY)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("is cancelled by its signal, before it starts or while it runs", async () => {
    const { controller, nodes } = await startCluster(1);
    const called = new Promise<void>((resolve) => {
      controller.handle("mesh.query", () => {
        resolve();
        return new Promise<MeshResponse>(() => {});
      });
    });
    const peer = await nodes[0]!.controller();
    const already = peer.mesh.query(QUERY, { signal: AbortSignal.abort() });
    await expect(already).rejects.toMatchObject({ code: "CANCELLED", outcome: "not-delivered" });
    const abort = new AbortController();
    const running = peer.mesh.query(QUERY, { signal: abort.signal });
    await called;
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELLED", outcome: "unknown" });
  });

  it("whose data breaks the schema fails before anything is sent", async () => {
    const { nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    const wrong = { service_name: 7 } as unknown as typeof QUERY;
    await expect(peer.mesh.query(wrong)).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      outcome: "not-delivered",
      details: { pointer: "/service_name" },
    });
    expect(nodes[0]!.stats()["mesh.query"]?.sent ?? 0).toBe(0);
  });

  it("carries thousands at once on one pool", async () => {
    const { controller, nodes } = await startCluster(1);
    controller.handle("mesh.query", ({ service_name }) => ({ service_name, instances: [] }));
    const peer = await nodes[0]!.controller();
    const names = Array.from({ length: 3000 }, (_, index) => `service-${index}`);
    const answers = await Promise.all(
      names.map((service_name) => peer.mesh.query({ service_name }, { timeoutMs: 20_000 })),
    );
    expect(answers.map(({ service_name }) => service_name)).toEqual(names);
  });
});

describe("an at-least-once message", () => {
  it("settles after the handler has", async () => {
    const { controller, nodes } = await startCluster(1);
    const order: string[] = [];
    controller.handle("instance.stopped", async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("handled");
    });
    const peer = await nodes[0]!.controller();
    await peer.instance.stopped(STOPPED);
    order.push("settled");
    expect(order).toEqual(["handled", "settled"]);
  });

  it("is tried again after a retryable error, with the same message id", async () => {
    const { controller, nodes } = await startCluster(1);
    const ids: string[] = [];
    controller.handle("instance.stopped", (_, { messageId }) => {
      ids.push(messageId);
      if (ids.length < 3) throw new RnpError("UNAVAILABLE", "the store is starting");
    });
    const peer = await nodes[0]!.controller();
    await peer.instance.stopped(STOPPED);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  it("is not tried again after an error that no retry mends", async () => {
    const { controller, nodes } = await startCluster(1);
    let count = 0;
    controller.handle("instance.stopped", () => {
      count += 1;
      throw new RnpError("NOT_FOUND", "no such instance");
    });
    const peer = await nodes[0]!.controller();
    await expect(peer.instance.stopped(STOPPED)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(count).toBe(1);
  });

  it("arrives although the receiver is away at first", async () => {
    const { controller, nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    await peer.ping({ timestamp: 1 });
    const address = controller.address!;
    await controller.close();
    const sending = peer.instance.stopped(STOPPED);
    const back = await startNode("controller-1", { listen: address });
    const received = new Promise((resolve) => back.handle("instance.stopped", resolve));
    await sending;
    expect(await received).toEqual(STOPPED);
  });

  it("cannot be asked for less than its schema promises", async () => {
    const { nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    await expect(
      peer.instance.stopped(STOPPED, { delivery: "at-most-once" }),
    ).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("binary fields", () => {
  it("travel as bytes and arrive as bytes", async () => {
    const { nodes } = await startCluster(2);
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
    const received = new Promise<Uint8Array>((resolve) => {
      nodes[1]!.handle("fs.replicate", ({ chunk_data }) => resolve(chunk_data));
    });
    const checksum = `sha256:${"ab".repeat(32)}`;
    await nodes[0]!
      .peer("node-2")
      .fs.replicate({ file_id: "file-1", chunk_id: 0, chunk_data: bytes, checksum });
    expect(Buffer.compare(await received, bytes)).toBe(0);
  });
});
