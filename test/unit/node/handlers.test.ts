import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { INSTANCE_STOPPED } from "../../../generated/messages/instance/stopped.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { RESOURCE_STATUS } from "../../../generated/messages/resource/status.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { HandlerContext } from "../../../runtime/node/handler-context.js";
import { HandlerTable, type NodeHandlers } from "../../../runtime/node/handlers.js";
import { SILENT } from "../../../runtime/node/logger.js";
import { FakeOrigin, keepingLogger, type MessageFacts, messageOf } from "./fake-origin.js";

type AnyHandler = (data: never, context: HandlerContext) => unknown;

const QUERY = { service_name: "user-service" };
const ANSWER = { service_name: "user-service", instances: [] };
const SECRET = "/home/someone/secret.ts:12:7";
const PATIENCE_MS = 20;

type Then = (resolve: (answer: unknown) => void, reject: () => void) => void;

/** A name for it, as Biome knows no good reason to write one. */
const THEN = "then";

function withThen(target: object, value: Then): object {
  return Object.defineProperty(target, THEN, { value });
}

const THROWS = {
  get(): never {
    throw new Error(SECRET);
  },
};
const twice: Then = (resolve) => [ANSWER, { nonsense: true }].forEach(resolve);
const resolvesAnd =
  (what: (reject: () => void) => void): Then =>
  (resolve, reject) => {
    resolve(ANSWER);
    what(reject);
  };

const unhandled: unknown[] = [];
const keep = (reason: unknown) => unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", keep));
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off("unhandledRejection", keep);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Hands one `mesh.query` to `handler` and gives all that its sender gets, and the log. */
async function ask(handler: AnyHandler, facts: MessageFacts = {}) {
  const [origin, logger] = [new FakeOrigin(), keepingLogger()];
  const table = new HandlerTable(logger);
  table.set("mesh.query", handler as NodeHandlers["mesh.query"]);
  table.handle(origin, messageOf(MESH_QUERY, { data: QUERY, deadlineMs: PATIENCE_MS, ...facts }));
  if (origin.said.length === 0) await origin.next();
  // Whatever else it has to say after its deadline.
  await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS));
  return { said: origin.said, logger };
}

describe("a handler that misbehaves", () => {
  const hostile = new Proxy({}, { get: THROWS.get, has: THROWS.get, getPrototypeOf: THROWS.get });
  const impostor = Object.assign(new RnpError("NOT_FOUND", "x"), { message: 7 });
  const longStack = new Error(SECRET);
  longStack.stack = "x".repeat(50_000_000);
  longStack.cause = longStack;
  const fails = (thrown: unknown) => () => {
    throw thrown;
  };
  const rejects = (thrown: unknown) => () => Promise.reject(thrown);
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;

  it.each<[string, AnyHandler]>([
    ["throws an error", fails(new Error(SECRET))],
    ["throws undefined", fails(undefined)],
    ["throws null", fails(null)],
    ["throws a symbol", fails(Symbol(SECRET))],
    ["throws what throws when it is looked at", fails(hostile)],
    ["throws an object whose toString throws", fails({ toString: fails(new Error(SECRET)) })],
    ["throws an RnpError with fields of other types", fails(impostor)],
    ["throws an error with a stack of 50 MB, its own cause", fails(longStack)],
    ["rejects with an error", rejects(new Error(SECRET))],
    ["rejects with undefined", rejects(undefined)],
    ["rejects with what throws when it is looked at", rejects(hostile)],
    ["answers nothing", () => undefined],
    ["answers nonsense", () => ({ nonsense: true })],
    ["answers nonsense later", async () => ({ nonsense: true })],
    ["answers what refers to itself", () => cyclic],
    ["answers what throws when it is looked at", () => hostile],
    [
      "answers an object with a getter that throws",
      () => Object.defineProperty({ ...ANSWER }, "instances", { ...THROWS, enumerable: true }),
    ],
    ["answers with a getter for then that throws", () => Object.defineProperty({}, THEN, THROWS)],
    ["answers with a then that throws", () => withThen({}, THROWS.get)],
    ["answers a promise whose then throws", () => withThen(Promise.resolve(ANSWER), THROWS.get)],
  ])("%s: INTERNAL_ERROR to the sender, the reason to the log", async (_, handler) => {
    const { said, logger } = await ask(handler);
    expect(said).toEqual([["refuse", expect.objectContaining({ code: "INTERNAL_ERROR" })]]);
    expect(JSON.stringify(said)).not.toContain(SECRET);
    expect(JSON.stringify(said).length).toBeLessThan(300);
    expect(logger.lines).toEqual([
      [
        "error",
        { type: "mesh.query", peer: "node-2", reason: expect.any(String) },
        expect.any(String),
      ],
    ]);
    expect(JSON.stringify(logger.lines).length).toBeLessThan(10_000);
  });

  const answered = ["answer", ANSWER];
  const timedOut = ["refuse", expect.objectContaining({ code: "TIMEOUT" })];
  const later = 1.5 * PATIENCE_MS;

  it.each<[string, AnyHandler, unknown]>([
    ["resolves twice", () => withThen({}, twice), answered],
    ["is a promise that resolves twice", () => withThen(Promise.resolve(), twice), answered],
    [
      "resolves, then rejects",
      () =>
        withThen(
          {},
          resolvesAnd((fail) => fail()),
        ),
      answered,
    ],
    ["resolves, then throws", () => withThen({}, resolvesAnd(THROWS.get)), answered],
    ["never settles", () => new Promise(() => {}), timedOut],
    ["answers too late", () => new Promise((done) => setTimeout(done, later, ANSWER)), timedOut],
    ["fails too late", () => new Promise((_, fail) => setTimeout(fail, later)), timedOut],
  ])("%s: one answer", async (_, handler, expected) => {
    expect((await ask(handler)).said).toEqual([expected]);
  });

  it("costs nobody else anything, even where the log fails", async () => {
    const fail = () => {
      throw new Error("the disk is full");
    };
    const table = new HandlerTable({ ...SILENT, error: fail, debug: fail });
    table.set("mesh.query", fail);
    const origin = new FakeOrigin();
    expect(() => table.handle(origin, messageOf(MESH_QUERY))).not.toThrow();
    expect(origin.said).toEqual([["refuse", expect.objectContaining({ code: "INTERNAL_ERROR" })]]);
  });

  it("is told in the log with its causes", async () => {
    const { logger } = await ask(fails(new Error("no config", { cause: new Error("no disk") })));
    expect(JSON.stringify(logger.lines)).toMatch(/no config.*no disk/);
  });
});

describe("the log", () => {
  it("of an answer that breaks its schema names the place", async () => {
    const { logger } = await ask(() => ({ service_name: 7, instances: [] }));
    expect(JSON.stringify(logger.lines)).toContain("/service_name");
  });

  it("of an error that is meant for the sender is no alarm", async () => {
    const { said, logger } = await ask(() => {
      throw new RnpError("NOT_FOUND", "no such service");
    });
    expect(said).toEqual([
      ["refuse", expect.objectContaining({ code: "NOT_FOUND", message: "no such service" })],
    ]);
    expect(logger.lines.map(([level]) => level)).toEqual(["debug"]);
  });
});

describe("a deadline", () => {
  it("aborts the handler's signal with TIMEOUT", async () => {
    let signal: AbortSignal | undefined;
    await ask((_, context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    expect(signal?.reason).toMatchObject({ code: "TIMEOUT" });
  });

  it("that has passed on arrival spares the handler the work", async () => {
    let ran = false;
    const handler = () => {
      ran = true;
      return ANSWER;
    };
    const { said } = await ask(handler, { deadlineMs: 0 });
    expect(said).toEqual([["refuse", expect.objectContaining({ code: "TIMEOUT" })]]);
    expect(ran).toBe(false);
  });

  it("is kept for each of many, whatever their order", async () => {
    const table = new HandlerTable(SILENT);
    const origin = new FakeOrigin();
    const order: string[] = [];
    table.set("mesh.query", ({ service_name }, { signal }) => {
      signal.addEventListener("abort", () => order.push(service_name));
      return new Promise(() => {});
    });
    for (const deadlineMs of [60, 20, 100]) {
      const data = { service_name: String(deadlineMs) };
      table.handle(origin, messageOf(MESH_QUERY, { data, deadlineMs }));
    }
    while (origin.said.length < 3) await origin.next();
    expect(order).toEqual(["20", "60", "100"]);
  });

  it("that the sender does not name is the schema's, or half a minute where there is no answer", async () => {
    vi.useFakeTimers();
    try {
      const table = new HandlerTable(SILENT);
      const origin = new FakeOrigin();
      const signals: AbortSignal[] = [];
      const hang = (_: unknown, { signal }: HandlerContext) => {
        signals.push(signal);
        return new Promise<never>(() => {});
      };
      table.set("mesh.query", hang);
      table.set("instance.stopped", hang);
      table.handle(origin, messageOf(MESH_QUERY));
      table.handle(origin, messageOf(INSTANCE_STOPPED, { requiresAck: true }));
      await vi.advanceTimersByTimeAsync(MESH_QUERY.timeoutMs - 10);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
      await vi.advanceTimersByTimeAsync(20);
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
      expect(origin.said).toHaveLength(2);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a handler", () => {
  it("that returns no promise has settled its message when it returns", () => {
    const [table, origin] = [new HandlerTable(SILENT), new FakeOrigin()];
    table.set("resource.status", () => {});
    table.set("mesh.query", () => ANSWER);
    table.handle(origin, messageOf(RESOURCE_STATUS));
    table.handle(origin, messageOf(MESH_QUERY));
    expect(origin.said).toEqual([["settle"], ["answer", ANSWER]]);
  });

  it("whose sender cancels has its signal aborted, and nothing is answered", async () => {
    const [table, origin] = [new HandlerTable(SILENT), new FakeOrigin()];
    const message = messageOf(MESH_QUERY, { deadlineMs: 1000 });
    let signal: AbortSignal | undefined;
    table.set("mesh.query", async (_, context) => {
      signal = context.signal;
      await new Promise((resolve) => signal!.addEventListener("abort", resolve));
      throw new Error("given up");
    });
    table.handle(origin, message);
    table.cancel(origin, message);
    expect(signal?.reason).toMatchObject({ code: "CANCELLED" });
    expect(origin.said).toEqual([]);
    await expect(origin.next()).resolves.toEqual(["settle"]);
  });

  it("whose connection is lost has its signal aborted with the reason", async () => {
    const [table, origin, other] = [new HandlerTable(SILENT), new FakeOrigin(), new FakeOrigin()];
    const signals: AbortSignal[] = [];
    table.set("mesh.query", (_, { signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    for (const from of [origin, other])
      table.handle(from, messageOf(MESH_QUERY, { deadlineMs: 50 }));
    const lost = new RnpError("UNAVAILABLE", "lost");
    table.abandon(origin, lost);
    expect(signals.map(({ reason }) => reason)).toEqual([lost, undefined]);
    await other.next();
    expect(origin.said).toEqual([]);
  });

  it("that asks for its signal after it was aborted gets one that is", async () => {
    const [table, origin] = [new HandlerTable(SILENT), new FakeOrigin()];
    const message = messageOf(MESH_QUERY, { deadlineMs: 1000 });
    const context = new Promise<HandlerContext>((resolve) => {
      table.set("mesh.query", async (_, given) => {
        resolve(given);
        return new Promise<never>(() => {});
      });
    });
    table.handle(origin, message);
    table.cancel(origin, message);
    expect((await context).signal.aborted).toBe(true);
    table.abandon(origin, undefined);
  });
});
