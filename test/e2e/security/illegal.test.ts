import { describe, expect, it } from "vitest";
import type { Expectation } from "../../../runtime/conformance/table.js";
import { driveNode, failuresIn, passedIn, serverCases } from "../../support/conformance.js";

const CASES = serverCases("illegal");
const LIMIT_MS = 60_000;

describe("the table of illegal input, driven over TLS", () => {
  it(
    "a live node refuses each case as it should, and goes on serving others",
    async () => {
      const ofRoles = CASES.filter(({ roles }) => roles !== undefined);
      const verdicts = [
        ...(await driveNode("node", "controller", CASES)),
        ...(await driveNode("node", "node", ofRoles)),
        ...(await driveNode("controller", "node", ofRoles)),
        ...(await driveNode("controller", "controller", ofRoles)),
      ];
      expect(failuresIn(verdicts)).toEqual([]);
      // Each holds between some roles at least, and none is left out because a node cannot do it.
      const passed = new Set(passedIn(verdicts));
      expect(CASES.filter(({ id }) => !passed.has(id)).map(({ id }) => id)).toEqual([]);
    },
    LIMIT_MS,
  );

  it.each<[string, Expectation]>([
    ["that nothing comes of it", {}],
    ["another code", { error: "BACKPRESSURE", closes: true }],
    ["an error about the message", { error: "PROTOCOL_ERROR", about: "message", closes: true }],
    ["other details", { error: "PROTOCOL_ERROR", closes: true, details: { pointer: "/x" } }],
    ["no error", { closes: true }],
  ])("whoever expects %s of a bad frame sees it fail", async (_, expectation) => {
    const bad = CASES.filter(({ id }) => id.startsWith("framing-magic"));
    const verdicts = await driveNode(
      "node",
      "controller",
      bad.map((each) => ({ ...each, expect: [expectation] })),
    );
    expect(passedIn(verdicts)).toEqual([]);
    expect(failuresIn(verdicts)).toHaveLength(bad.length);
  });

  it("whoever expects an error or a close of a good frame sees it fail", async () => {
    const good = CASES.find(({ id }) => id === "framing-two-in-one")!;
    const verdicts = await driveNode("node", "controller", [
      { ...good, expect: [{ error: "PROTOCOL_ERROR", about: "message" }] },
      { ...good, expect: [{ closes: true }] },
      { ...good, steps: [...good.steps, { hear: { type: "pong" } }] },
    ]);
    expect(failuresIn(verdicts)).toHaveLength(3);
  });
});
