import { expect, it } from "vitest";
import { membersTable } from "../../../runtime/cli/members.js";

const SINCE = Date.UTC(2024, 0, 12, 15, 0, 0, 123);

it("fits a terminal of 100 columns", () => {
  const text = membersTable([
    {
      node: "controller-1",
      role: "controller",
      state: "suspect",
      since: SINCE,
      rtt_ms: 123.456,
      incarnation: 12,
      version: "1.0.0",
      address: "192.168.1.100:17946",
    },
    { node: "node-2", role: "node", state: "alive", since: SINCE, rtt_ms: 0.123 },
  ]);
  expect(text.split("\n")).toEqual([
    "NODE          ROLE        STATE    SINCE                 RTT       INC  VERSION  ADDRESS",
    "controller-1  controller  suspect  2024-01-12T15:00:00Z  123.5 ms  12   1.0.0    192.168.1.100:17946",
    "node-2        node        alive    2024-01-12T15:00:00Z  0.12 ms   -    -        -",
  ]);
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
});
