import { describe, expect, it } from "vitest";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import type { Authorize } from "../../../runtime/node/authorization.js";
import { HandlerTable } from "../../../runtime/node/handlers.js";
import { FakeOrigin, keepingLogger, messageOf } from "./fake-origin.js";

const QUERY = { service_name: "user-service" };
const ANSWER = { service_name: "user-service", instances: [] };

/** What the sender of a `mesh.query` hears, and how often its handler ran. */
async function ask(authorize: Authorize) {
  const [origin, logger] = [new FakeOrigin(), keepingLogger()];
  const table = new HandlerTable(logger, undefined, authorize);
  let runs = 0;
  table.set("mesh.query", () => {
    runs += 1;
    return ANSWER;
  });
  table.handle(origin, messageOf(MESH_QUERY, { data: QUERY, deadlineMs: 1000 }));
  return { said: origin.said, runs };
}

describe("authorize", () => {
  it("sees the message and who sent it, and lets it through with true", async () => {
    const calls: unknown[] = [];
    const { said, runs } = await ask(({ type, kind, peer, data }) => {
      calls.push([type, kind, peer.id, data]);
      return true;
    });
    expect(calls).toEqual([["mesh.query", "request", "node-2", QUERY]]);
    expect([said, runs]).toEqual([[["answer", ANSWER]], 1]);
  });

  it("forbids it with the rule that it breaks, which the sender hears", async () => {
    const { said, runs } = await ask(() => "only controllers ask");
    const error = {
      code: "UNAUTHORIZED",
      message: "mesh.query: only controllers ask",
      details: {
        rule: "only controllers ask",
        message_type: "mesh.query",
        identity: "node-2",
        role: "node",
      },
    };
    expect([said, runs]).toEqual([[["refuse", expect.objectContaining(error)]], 0]);
  });

  it("forbids it with a rule of any length", async () => {
    const { said } = await ask(() => "x".repeat(10_000));
    expect(said).toMatchObject([
      ["refuse", { code: "UNAUTHORIZED", details: { identity: "node-2" } }],
    ]);
  });

  it.each([
    ["false", false],
    ["nothing", undefined],
    ["a promise, which it may not give", Promise.resolve(true)],
  ])("forbids it with %s", async (_, verdict) => {
    const { said, runs } = await ask((() => verdict) as Authorize);
    expect(said).toMatchObject([["refuse", { code: "UNAUTHORIZED" }]]);
    expect(runs).toBe(0);
  });

  it("forbids it where it fails, without telling the sender why", async () => {
    const { said, runs } = await ask(() => {
      throw new Error("/etc/secret");
    });
    expect(said).toMatchObject([["refuse", { code: "INTERNAL_ERROR" }]]);
    expect(JSON.stringify(said)).not.toContain("secret");
    expect(runs).toBe(0);
  });
});
