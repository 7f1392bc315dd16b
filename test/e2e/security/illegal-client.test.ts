import { expect, it } from "vitest";
import { clientCases, driveClients, failuresIn, passedIn } from "../../support/conformance.js";

const CASES = clientCases("illegal");
const LIMIT_MS = 60_000;

it(
  "a live client bears each case of the table as it should, and its application is told the truth",
  async () => {
    const verdicts = await driveClients("node", CASES);
    expect(failuresIn(verdicts)).toEqual([]);
    expect(passedIn(verdicts)).toHaveLength(CASES.length);
  },
  LIMIT_MS,
);

it("whoever expects another word to the application sees it fail", async () => {
  const asked = CASES.filter(({ id }) => /^answer-(good|wrong-type|error)$/.test(id));
  const expectOther = [{ caller: "NOT_DELIVERED", may: ["PROTOCOL_ERROR"] }];
  const verdicts = await driveClients(
    "node",
    asked.map((each) => ({ ...each, expect: expectOther })),
  );
  expect(failuresIn(verdicts)).toHaveLength(3);
});
