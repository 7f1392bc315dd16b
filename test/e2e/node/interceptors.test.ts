import { describe, expect, it } from "vitest";
import type {
  HandlerContext,
  Interceptor,
  OutgoingCall,
  RnpError,
} from "../../../runtime/index.js";
import { startCluster, startNode, untilMembers } from "../../support/cluster.js";

const QUERY = { service_name: "user-service" };
const CREATE = { instance_id: "inst-1", name: "worker", script: "worker.js" };
const STARTED = { instance_id: "inst-1", pid: 1, startup_time_ms: 1 };

/** Lets `node-2` of a cluster be asked through the controller, and gives the context to `handle`. */
async function twoHops(handle: (context: HandlerContext) => Promise<void>) {
  const { controller, nodes } = await startCluster(2);
  const [asker, node2] = [await nodes[0]!.controller(), controller.peer("node-2")];
  // Connects, which may take longer than the timeouts below.
  await Promise.allSettled([asker.mesh.query(QUERY), node2.instance.create(CREATE)]);
  controller.handle("mesh.query", async ({ service_name }, context) => {
    await node2.instance.create(CREATE, { parent: context });
    return { service_name, instances: [] };
  });
  nodes[1]!.handle("instance.create", async (_, context) => {
    await handle(context);
    return STARTED;
  });
  return asker;
}

/** A handler that hangs, and the reason why it is told to give up. */
function hanging() {
  let begin: () => void;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let tell: (reason: unknown) => void;
  const aborted = new Promise((resolve) => {
    tell = resolve;
  });
  const handle = ({ signal }: HandlerContext) => {
    signal.addEventListener("abort", () => tell(signal.reason));
    begin();
    return new Promise<never>(() => {});
  };
  return { handle, begun, aborted };
}

describe("a call made while a message is handled", () => {
  it("has the time that the first sender still waits, and its trace", async () => {
    let seen: { meta: unknown; remainingMs: number } | undefined;
    const asker = await twoHops(async (context) => {
      seen = { meta: context.meta, remainingMs: context.remainingMs() };
    });
    const meta = { traceparent: "00-1", token: "for the controller only" };
    await asker.mesh.query(QUERY, { timeoutMs: 4000, meta });
    expect(seen).toEqual({ meta: { traceparent: "00-1" }, remainingMs: expect.any(Number) });
    expect(seen!.remainingMs).toBeLessThanOrEqual(4000);
  });

  it("ends with it: when the first sender's time is up, the last handler is told", async () => {
    const { handle, aborted } = hanging();
    const asker = await twoHops(handle);
    const asked = asker.mesh.query(QUERY, { timeoutMs: 300 });
    await expect(asked).rejects.toMatchObject({ code: "TIMEOUT" });
    // By its own deadline, or by the sender before it whose own came first.
    expect(["TIMEOUT", "CANCELLED"]).toContain(((await aborted) as RnpError).code);
  });

  it("is cancelled with it, on all the way", async () => {
    const { handle, begun, aborted } = hanging();
    const asker = await twoHops(handle);
    const abort = new AbortController();
    const asked = asker.mesh.query(QUERY, { signal: abort.signal });
    await begun;
    abort.abort();
    await expect(asked).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(aborted).resolves.toMatchObject({ code: "CANCELLED" });
  });
});

describe("interceptors on both sides", () => {
  it("carry a trace from the caller to the handler", async () => {
    const spans: string[] = [];
    const tracing: Interceptor<OutgoingCall> = (next) => (call) =>
      next({ ...call, meta: { ...call.meta, traceparent: `00-${call.type}` } });
    const controller = await startNode("controller-1", {
      interceptors: {
        handlers: [
          (next) => async (call) => {
            const answer = await next(call);
            spans.push(
              `${call.kind} ${call.type} of ${call.peer.id}: ${call.context.meta.traceparent}`,
            );
            return answer;
          },
        ],
      },
    });
    controller.handle("mesh.query", ({ service_name }) => ({ service_name, instances: [] }));
    controller.handle("heartbeat", () => {});
    const join = [controller.address!];
    const node = await startNode("node-1", { join, interceptors: { calls: [tracing] } });
    await untilMembers(node, 2);
    const peer = await node.controller();
    await peer.heartbeat({ cpu_percent: 1, ram_used_mb: 1, instance_count: 0 });
    await peer.mesh.query(QUERY);
    expect(spans).toEqual([
      "send heartbeat of node-1: 00-heartbeat",
      "request mesh.query of node-1: 00-mesh.query",
    ]);
  });

  it("are not passed by what the nodes say among themselves", async () => {
    const seen: string[] = [];
    const noting = {
      calls: [
        (next: (call: OutgoingCall) => Promise<unknown>) => (call: OutgoingCall) => {
          seen.push(call.type);
          return next(call);
        },
      ],
    };
    await startCluster(1, { interceptors: noting });
    expect(seen).toEqual([]);
  });

  it("that make what cannot be sent fail the call and not the connection", async () => {
    const controller = await startNode("controller-1");
    const bad: Interceptor<OutgoingCall> = (next) => (call) =>
      next({ ...call, meta: { BAD: "x" } });
    const join = [controller.address!];
    const node = await startNode("node-1", { join, interceptors: { calls: [bad] } });
    const peer = await node.controller();
    await expect(peer.mesh.query(QUERY)).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      outcome: "not-delivered",
    });
  });
});
