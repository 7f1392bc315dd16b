import { describe, expect, it } from "vitest";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { PONG } from "../../../generated/messages/pong.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { HandlerContext } from "../../../runtime/node/handler-context.js";
import { HandlerTable, type NodeHandlers } from "../../../runtime/node/handlers.js";
import type { StreamType } from "../../../runtime/wire/message-type.js";
import { FakeOrigin, keepingLogger, type MessageFacts, messageOf } from "./fake-origin.js";

/** A request that a stream of `pong` answers; its type has a handler already. */
const COUNT: StreamType = { ...MESH_QUERY, answer: undefined, timeoutMs: 0, stream: PONG };

type StreamHandler = (data: never, context: HandlerContext) => unknown;

const itemOf = (count: number) => ({ request_timestamp: count, response_timestamp: count });
const internalError = expect.objectContaining({ code: "INTERNAL_ERROR" });

async function turns(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Lets one asker ask for the stream of `handler`. */
function ask(handler: StreamHandler, facts: MessageFacts = {}) {
  const [origin, logger] = [new FakeOrigin(), keepingLogger()];
  const table = new HandlerTable(logger);
  table.set("mesh.query", handler as NodeHandlers["mesh.query"]);
  const message = messageOf(COUNT, facts);
  table.handle(origin, message);
  return { origin, logger, table, message };
}

/** Counts without end, and tells how far it got and whether it has cleaned up. */
function counter() {
  const state = { pulled: 0, isLeft: false };
  async function* handler() {
    try {
      for (;;) yield itemOf(++state.pulled);
    } finally {
      state.isLeft = true;
    }
  }
  return { state, handler };
}

describe("the stream of a handler", () => {
  it("goes to the asker item by item, and then its end", async () => {
    const { origin } = ask(async function* () {
      yield itemOf(1);
      yield itemOf(2);
    });
    origin.grant(5);
    await turns();
    expect(origin.said).toEqual([["item", itemOf(1)], ["item", itemOf(2)], ["end"]]);
  });

  it("is not pulled further than the asker has room", async () => {
    const { state, handler } = counter();
    const { origin } = ask(handler);
    await turns();
    expect(state.pulled).toBe(0);
    origin.grant(3);
    await turns();
    expect(state.pulled).toBe(3);
    origin.grant(1);
    await turns();
    expect(origin.said).toEqual([1, 2, 3, 4].map((count) => ["item", itemOf(count)]));
  });

  it("ends with the error that the handler throws, after what it gave before", async () => {
    const { origin } = ask(async function* () {
      yield itemOf(1);
      throw new RnpError("NOT_FOUND", "no such instance");
    });
    origin.grant(5);
    await turns();
    const error = expect.objectContaining({ code: "NOT_FOUND", message: "no such instance" });
    expect(origin.said).toEqual([
      ["item", itemOf(1)],
      ["end", error],
    ]);
  });

  it.each<[string, StreamHandler]>([
    ["is nothing", () => undefined],
    ["is no iterable", () => ({ items: [] })],
    ["is a plain list", () => [itemOf(1)]],
    ["has no iterator", () => ({ [Symbol.asyncIterator]: () => undefined })],
    ["has no results", () => ({ [Symbol.asyncIterator]: () => ({ next: async () => undefined }) })],
    ["cannot begin", () => Promise.reject(new Error("/home/someone"))],
    [
      "throws",
      async function* () {
        yield* [];
        throw new Error("/home/someone");
      },
    ],
    [
      "has items of another shape",
      async function* () {
        yield { nonsense: true };
      },
    ],
  ])("that %s ends with INTERNAL_ERROR, the reason in the log", async (_, handler) => {
    const { origin, logger } = ask(handler);
    origin.grant(5);
    await turns();
    expect(origin.said).toEqual([["end", internalError]]);
    expect(JSON.stringify(origin.said)).not.toContain("/home");
    expect(logger.lines.map(([level]) => level)).toEqual(["error"]);
  });

  it("is left when one of its items is not as its schema says", async () => {
    let isLeft = false;
    const { origin } = ask(async function* () {
      try {
        yield { nonsense: true };
      } finally {
        isLeft = true;
      }
    });
    origin.grant(2);
    await turns();
    expect(isLeft).toBe(true);
  });

  it("may come in a promise, as interceptors give it", async () => {
    const { handler } = counter();
    const { origin } = ask(async () => handler());
    origin.grant(1);
    await turns();
    expect(origin.said).toEqual([["item", itemOf(1)]]);
  });
});

describe("a stream that nobody listens to any more", () => {
  it.each<[string, (asked: ReturnType<typeof ask>) => void, unknown[]]>([
    [
      "was cancelled",
      ({ table, origin, message }) => {
        table.cancel(origin, message);
        origin.vanish();
      },
      ["settle"],
    ],
    ["has lost its asker", ({ origin }) => origin.vanish(), ["settle"]],
    ["has lost its connection", ({ table, origin }) => table.abandon(origin, undefined), []],
  ])("because it %s is left, and nothing is said of it", async (_, end, said) => {
    const { state, handler } = counter();
    const asked = ask(handler);
    asked.origin.grant(1);
    await turns();
    end(asked);
    asked.origin.grant(5);
    await turns();
    expect(state).toEqual({ pulled: 1, isLeft: true });
    expect(asked.origin.said).toEqual([["item", itemOf(1)], ...said.map((what) => [what])]);
  });

  it("is not waited for: its signal is aborted, and what it gives then is dropped", async () => {
    let signal: AbortSignal | undefined;
    const { origin, table, message } = ask(async function* (_, context) {
      signal = context.signal;
      await new Promise((resolve) => signal!.addEventListener("abort", resolve));
      yield itemOf(1);
    });
    origin.grant(5);
    await turns();
    table.cancel(origin, message);
    await turns();
    expect(signal?.reason).toMatchObject({ code: "CANCELLED" });
    expect(origin.said).toEqual([["settle"]]);
  });

  it("because its deadline passed ends with TIMEOUT, even where the handler hangs", async () => {
    let signal: AbortSignal | undefined;
    const { origin } = ask(
      async function* (_, context) {
        signal = context.signal;
        await new Promise(() => {});
        yield itemOf(1);
      },
      { deadlineMs: 20 },
    );
    origin.grant(5);
    await expect(origin.next()).resolves.toEqual([
      "end",
      expect.objectContaining({ code: "TIMEOUT" }),
    ]);
    expect(signal?.reason).toMatchObject({ code: "TIMEOUT" });
  });

  it("cannot harm anybody with how it cleans up", async () => {
    const { origin } = ask(async function* () {
      try {
        yield itemOf(1);
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is the harm.
        throw new Error("while cleaning up");
      }
    });
    origin.grant(1);
    await turns();
    origin.vanish();
    await turns();
    expect(origin.said).toEqual([["item", itemOf(1)], ["settle"]]);
  });
});
