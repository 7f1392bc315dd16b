import { describe, expect, it } from "vitest";
import { INSTANCE_STOPPED } from "../../../generated/messages/instance/stopped.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import type { RequestOptions } from "../../../runtime/node/call-options.js";
import { CarefulCaller } from "../../../runtime/node/careful-caller.js";
import { FakeCaller, STREAM } from "./fake-caller.js";

const QUERY = { service_name: "user-service" };
const STOPPED = { instance_id: "inst-1", exit_code: 0, reason: "terminated", runtime_seconds: 1 };
const DEFAULT_MS = MESH_QUERY.timeoutMs;

function start() {
  const inner = new FakeCaller([]);
  return { inner, caller: new CarefulCaller(inner) };
}

/** What is asked of the peer for a `mesh.query` with `options`. */
async function requested(options: RequestOptions): Promise<unknown> {
  const { inner, caller } = start();
  await caller.request(MESH_QUERY, QUERY, options);
  return inner.options;
}

function parentOf({ remainingMs = Number.POSITIVE_INFINITY, meta = {} } = {}) {
  const abort = new AbortController();
  return { abort, parent: { remainingMs: () => remainingMs, meta, signal: abort.signal } };
}

describe("options that cannot be kept", () => {
  const tooMany = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`key${index}`, ""]));

  it.each<[string, RequestOptions, RegExp]>([
    ["a timeout of 0", { timeoutMs: 0 }, /timeoutMs is 0; expected a finite number of ms above 0/],
    ["a negative timeout", { timeoutMs: -1 }, /timeoutMs is -1/],
    ["a timeout that is no number", { timeoutMs: Number.NaN }, /timeoutMs is NaN/],
    ["an endless timeout", { timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs is Infinity/],
    ["a timeout in words", { timeoutMs: "5s" as unknown as number }, /timeoutMs is 5s/],
    ["too many facts", { meta: tooMany }, /meta/],
    ["a name of a fact in capitals", { meta: { Traceparent: "00-1" } }, /meta/],
    ["a fact that is too long", { meta: { traceparent: "x".repeat(513) } }, /meta\/traceparent/],
    ["a fact that is no ASCII", { meta: { user: "Zoë" } }, /meta\/user/],
    ["a fact that is no text", { meta: { user: 7 as unknown as string } }, /meta\/user/],
  ])("%s: a rejection that says which, and nothing is sent", async (_, options, message) => {
    const { inner, caller } = start();
    const refusal = {
      code: "PROTOCOL_ERROR",
      outcome: "not-delivered",
      message: expect.stringMatching(message),
    };
    await expect(caller.request(MESH_QUERY, QUERY, options)).rejects.toMatchObject(refusal);
    await expect(caller.send(INSTANCE_STOPPED, STOPPED, options)).rejects.toMatchObject(refusal);
    expect(() => caller.stream(STREAM, QUERY, options)).toThrow(expect.objectContaining(refusal));
    expect(inner.calls).toEqual([]);
  });
});

describe("calls with one signal", () => {
  it("may be many without a warning of Node", async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error) => warnings.push(warning);
    process.on("warning", keep);
    const listening = new (class extends FakeCaller {
      override request<Data, Answer>(_: unknown, __: Data, options?: RequestOptions) {
        options?.signal?.addEventListener("abort", () => {});
        return Promise.resolve(undefined as Answer);
      }
    })();
    const { signal } = new AbortController();
    const { parent } = parentOf();
    const caller = new CarefulCaller(listening);
    for (let count = 0; count < 20; count++) {
      await caller.request(MESH_QUERY, QUERY, { signal });
      await caller.request(MESH_QUERY, QUERY, { parent });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
    process.off("warning", keep);
    expect(warnings).toEqual([]);
  });
});

describe("a call that has no parent", () => {
  it("is handed on as it is", async () => {
    const { inner, caller } = start();
    const options = { timeoutMs: 0.5, meta: { traceparent: "x".repeat(512) } };
    await caller.request(MESH_QUERY, QUERY, options);
    await caller.send(INSTANCE_STOPPED, STOPPED);
    await caller.stream(STREAM, QUERY, { parent: undefined }).next();
    expect(inner.calls).toEqual([
      ["request", "mesh.query", QUERY, options],
      ["send", "instance.stopped", STOPPED, undefined],
      ["stream", "mesh.query", QUERY, { parent: undefined }],
      ["left", "mesh.query", undefined, undefined],
    ]);
  });
});

describe("a call that is part of handling a message", () => {
  it.each([
    ["what is left", {}, 100, 100],
    ["no more than its schema says", {}, 10 * DEFAULT_MS, DEFAULT_MS],
    ["no more than it asks for", { timeoutMs: 50 }, 100, 50],
    ["no more than what is left, whatever it asks for", { timeoutMs: 200 }, 100, 100],
    [
      "what its schema says where the sender waits for ever",
      {},
      Number.POSITIVE_INFINITY,
      DEFAULT_MS,
    ],
  ])("gets %s", async (_, options, remainingMs, timeoutMs) => {
    const { parent } = parentOf({ remainingMs });
    expect(await requested({ ...options, parent })).toMatchObject({ timeoutMs });
  });

  it("gets no timeout where neither has one", async () => {
    const { inner, caller } = start();
    await caller.send(INSTANCE_STOPPED, STOPPED, { parent: parentOf().parent });
    expect(inner.options).not.toHaveProperty("timeoutMs");
  });

  it("fails at once where no time is left", async () => {
    const { parent } = parentOf({ remainingMs: 0 });
    await expect(requested({ parent })).rejects.toMatchObject({
      code: "TIMEOUT",
      outcome: "not-delivered",
    });
  });

  it("is cancelled with the message, and by its own signal", async () => {
    for (const which of ["parent", "own"] as const) {
      const own = new AbortController();
      const { parent, abort } = parentOf();
      const { signal } = (await requested({ parent, signal: own.signal })) as RequestOptions;
      expect(signal!.aborted).toBe(false);
      (which === "own" ? own : abort).abort();
      expect(signal!.aborted).toBe(true);
    }
  });

  it("carries the trace of the message and nothing else of its meta, unless it says", async () => {
    const trace = { traceparent: "00-1", tracestate: "a=1" };
    const { parent } = parentOf({ meta: { ...trace, token: "secret" } });
    expect(await requested({ parent })).toMatchObject({ meta: trace });
    const meta = { traceparent: "00-2", user: "7" };
    expect(await requested({ parent, meta })).toMatchObject({ meta: { ...trace, ...meta } });
    expect(JSON.stringify(await requested({ parent }))).not.toContain("secret");
  });
});
