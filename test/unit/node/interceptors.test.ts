import { describe, expect, it } from "vitest";
import { INSTANCE_STOPPED } from "../../../generated/messages/instance/stopped.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { RnpError } from "../../../runtime/core/error.js";
import { HandlerTable } from "../../../runtime/node/handlers.js";
import { InterceptedCaller } from "../../../runtime/node/intercepted-caller.js";
import { intercepted } from "../../../runtime/node/intercepted-handler.js";
import type {
  IncomingCall,
  Interceptor,
  OutgoingCall,
} from "../../../runtime/node/interceptors.js";
import { FakeCaller, STREAM } from "./fake-caller.js";
import { FakeOrigin, keepingLogger, messageOf } from "./fake-origin.js";

const QUERY = { service_name: "user-service" };
const ANSWER = { service_name: "user-service", instances: [] };
const STOPPED = { instance_id: "inst-1", exit_code: 0, reason: "terminated", runtime_seconds: 1 };

/** Writes down when a call passes it, on its way there and back. */
function noting<Call>(name: string, notes: string[]): Interceptor<Call> {
  return (next) => async (call) => {
    notes.push(`${name} before`);
    try {
      return await next(call);
    } finally {
      notes.push(`${name} after`);
    }
  };
}

const IN_ORDER = ["outer before", "inner before", "inner after", "outer after"];

describe("interceptors of calls", () => {
  function start(answer: unknown, ...interceptors: Interceptor<OutgoingCall>[]) {
    const inner = new FakeCaller(answer);
    return { inner, caller: new InterceptedCaller("node-2", inner, interceptors) };
  }

  it("stand around the call, the first outermost", async () => {
    const notes: string[] = [];
    const { caller } = start(ANSWER, noting("outer", notes), noting("inner", notes));
    expect(await caller.request(MESH_QUERY, QUERY)).toBe(ANSWER);
    expect(notes).toEqual(IN_ORDER);
  });

  it("see who is called, with what and how", async () => {
    const seen: OutgoingCall[] = [];
    const { caller } = start([], (next) => (call) => {
      seen.push(call);
      return next(call);
    });
    const { signal } = new AbortController();
    await caller.request(MESH_QUERY, QUERY, { signal, meta: { traceparent: "00-1" } });
    await caller.send(INSTANCE_STOPPED, STOPPED, { timeoutMs: 7 });
    await caller.stream(STREAM, QUERY).next();
    const common = { peer: "node-2", meta: {}, signal: undefined, delivery: undefined };
    expect(seen).toEqual([
      {
        ...common,
        kind: "request",
        type: "mesh.query",
        data: QUERY,
        signal,
        meta: { traceparent: "00-1" },
        timeoutMs: MESH_QUERY.timeoutMs,
      },
      {
        ...common,
        kind: "send",
        type: "instance.stopped",
        data: STOPPED,
        timeoutMs: 7,
        delivery: "at-least-once",
      },
      { ...common, kind: "stream", type: "mesh.query", data: QUERY, timeoutMs: undefined },
    ]);
  });

  it("can change what is sent: data, meta and timeout, but not to whom", async () => {
    const { caller, inner } = start(ANSWER, (next) => (call) => {
      if (call.type !== "mesh.query") return next(call);
      const meta = { ...call.meta, traceparent: "00-1" };
      const data = { ...call.data, service_name: "other" };
      return next({ ...call, data, meta, timeoutMs: 50, peer: "node-3" });
    });
    await caller.request(MESH_QUERY, QUERY, { meta: { user: "7" } });
    expect(inner.calls).toEqual([
      [
        "request",
        "mesh.query",
        { service_name: "other" },
        { meta: { user: "7", traceparent: "00-1" }, timeoutMs: 50 },
      ],
    ]);
  });

  it("can answer in the place of the peer, or try again", async () => {
    const { caller, inner } = start("theirs", () => async () => "mine");
    expect(await caller.request(MESH_QUERY, QUERY)).toBe("mine");
    expect(inner.calls).toEqual([]);
    const twice = start("theirs", (next) => async (call) => (await next(call)) && next(call));
    await twice.caller.request(MESH_QUERY, QUERY);
    expect(twice.inner.calls).toHaveLength(2);
  });

  it("can turn one error into another, and reject where they throw", async () => {
    const sick = new RnpError("UNAVAILABLE", "the peer is gone");
    const fails: Interceptor<OutgoingCall> = () => () => {
      throw sick;
    };
    const maps: Interceptor<OutgoingCall> = (next) => async (call) => {
      try {
        return await next(call);
      } catch (cause) {
        throw new RnpError("NOT_FOUND", "no such service", { cause });
      }
    };
    const { caller } = start(ANSWER, maps, fails);
    await expect(caller.request(MESH_QUERY, QUERY)).rejects.toMatchObject({
      code: "NOT_FOUND",
      cause: sick,
    });
    const bare = start(ANSWER, fails).caller;
    await expect(bare.send(INSTANCE_STOPPED, STOPPED)).rejects.toBe(sick);
    await expect(bare.stream(STREAM, QUERY).next()).rejects.toBe(sick);
  });

  it("give what a stream yields on, and can change its items", async () => {
    const doubled: Interceptor<OutgoingCall> = (next) => async (call) => {
      const items = (await next(call)) as AsyncIterable<number>;
      return (async function* () {
        for await (const item of items) yield 2 * item;
      })();
    };
    const { caller, inner } = start([1, 2, 3], doubled);
    const got: unknown[] = [];
    for await (const item of caller.stream(STREAM, QUERY)) if (got.push(item) === 2) break;
    expect(got).toEqual([2, 4]);
    expect(inner.calls.map(([how]) => how)).toEqual(["stream", "left"]);
  });

  it("are not asked for a stream that is left before it begins", async () => {
    const notes: string[] = [];
    const { caller, inner } = start([1], noting("only", notes));
    const items = caller.stream(STREAM, QUERY);
    await expect(items.return!()).resolves.toEqual({ done: true, value: undefined });
    await expect(items.next()).resolves.toEqual({ done: true, value: undefined });
    expect([notes, inner.calls]).toEqual([[], []]);
  });
});

describe("interceptors of handlers", () => {
  /** What the sender of a `mesh.query` gets from a handler behind `interceptors`. */
  async function ask(...interceptors: Interceptor<IncomingCall>[]) {
    const [origin, logger] = [new FakeOrigin(), keepingLogger()];
    const table = new HandlerTable(logger);
    const handler = ({ service_name }: typeof QUERY) => ({ service_name, instances: [] });
    table.set("mesh.query", intercepted("mesh.query", handler, interceptors));
    const answered = origin.next();
    table.handle(origin, messageOf(MESH_QUERY, { data: QUERY, meta: { traceparent: "00-1" } }));
    return { said: await answered, logger };
  }

  it("stand around the handler, the first outermost", async () => {
    const notes: string[] = [];
    const { said } = await ask(noting("outer", notes), noting("inner", notes));
    expect(said).toEqual(["answer", ANSWER]);
    expect(notes).toEqual(IN_ORDER);
  });

  it("see what has come and from whom", async () => {
    const seen: IncomingCall[] = [];
    await ask((next) => (call) => {
      seen.push(call);
      return next(call);
    });
    const { context, ...rest } = seen[0]!;
    expect(rest).toEqual({
      kind: "request",
      type: "mesh.query",
      peer: { id: "node-2", role: "node", cluster: "test" },
      data: QUERY,
    });
    expect(context.meta).toEqual({ traceparent: "00-1" });
  });

  it("can change what the handler gets, and answer in its place", async () => {
    const other = { ...ANSWER, service_name: "other" };
    const changing: Interceptor<IncomingCall> = (next) => (call) =>
      call.type === "mesh.query" ? next({ ...call, data: { service_name: "other" } }) : next(call);
    expect((await ask(changing)).said).toEqual(["answer", other]);
    expect((await ask(() => async () => other)).said).toEqual(["answer", other]);
  });

  it("are held to the schema like the handler", async () => {
    const { said } = await ask(() => async () => "nonsense");
    expect(said).toEqual(["refuse", expect.objectContaining({ code: "INTERNAL_ERROR" })]);
  });

  it.each([
    ["UNAUTHORIZED", new RnpError("UNAUTHORIZED", "not for you")],
    ["INTERNAL_ERROR", new Error("/home/someone")],
  ])("can refuse a message: %s", async (code, thrown) => {
    const { said } = await ask(() => () => {
      throw thrown;
    });
    expect(said).toEqual(["refuse", expect.objectContaining({ code })]);
    expect(JSON.stringify(said)).not.toContain("/home");
  });

  it("cost nothing where there are none", () => {
    const handler = () => ANSWER;
    expect(intercepted("mesh.query", handler, [])).toBe(handler);
  });
});
