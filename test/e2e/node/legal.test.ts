import { describe, expect, it } from "vitest";
import { driveNode, serverCases } from "../../support/conformance.js";

const CASES = serverCases("legal");
/** Groups about the application layer: a node without handlers answers them with UNSUPPORTED. */
const OF_APPLICATIONS = /^(request|ack|stream)-/;

describe("the table of what a peer serves, driven over TLS", () => {
  it.each([
    ["node", "controller"],
    ["node", "node"],
    ["controller", "node"],
  ] as const)(
    "by a %s, a live %s does all that needs no handler, and refuses the rest",
    async (driver, peer) => {
      const verdicts = await driveNode(driver, peer, CASES);
      const other = verdicts.filter(({ verdict }) => verdict !== "passed");
      expect(other.filter(({ verdict }) => verdict === "failed")).toEqual([]);
      const needless = other.filter(
        ({ id, reason }) => !OF_APPLICATIONS.test(id) && !/^only with/.test(reason!),
      );
      expect(needless).toEqual([]);
    },
  );
});
