import { beforeEach, describe, expect, it } from "vitest";
import type { Command, Speaker } from "../../../../runtime/core/membership/contract.js";
import { Helper } from "../../../../runtime/core/membership/helper.js";

const ASKER: Speaker = { id: "asker", role: "node", epoch: 1, speaks: true };
const LIFE = { epoch: 7, incarnation: 2 };

describe("helping others to reach a member", () => {
  let commands: Command[];
  let helper: Helper;
  const take = () => commands.splice(0);
  const probe = (now: number, token: number, more = {}, from = ASKER) =>
    helper.handleProbe(now, from, token, { target_node: "target", timeout_ms: 300, ...more });
  const result = (token: number, data: object) => ({
    kind: "probe-result",
    to: "asker",
    token,
    data: { target_node: "target", ...data },
  });

  beforeEach(() => {
    commands = [];
    let lastToken = 100;
    helper = new Helper({
      node: "helper",
      takeToken: () => {
        lastToken += 1;
        return lastToken;
      },
      lifeOf: (node) => (node === "target" ? LIFE : undefined),
      addressOf: (node) => (node === "target" ? "10.0.0.3:7946" : undefined),
      commands,
    });
  });

  it("pings for 80 % of the asker's time and says that the member answered", () => {
    probe(0, 1);
    expect(take()).toEqual([{ kind: "ping", to: "target", token: 101, timeoutMs: 240 }]);
    expect(helper.handlePong(101, 4)).toBe("target");
    expect(take()).toEqual([result(1, { reachable: true, rtt_ms: 4, ...LIFE })]);
    expect(helper.openCount).toBe(0);
  });

  it("says at once that a connection was refused", () => {
    probe(0, 1);
    take();
    expect(helper.handleNoPong(5, 101, "refused")).toBe(true);
    expect(take()).toEqual([result(1, { reachable: false })]);
  });

  it("reads the sockets once more before it says that nobody answered", () => {
    probe(0, 1);
    take();
    helper.handleNoPong(240, 101, "timeout");
    helper.handleTimeout(259);
    expect(take()).toEqual([]);
    expect(helper.nextAt).toBe(260);
    helper.handleTimeout(260);
    expect(take()).toEqual([result(1, { reachable: false })]);
    expect(helper.nextAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("takes any sign of life of the member for an answer", () => {
    probe(0, 1);
    probe(0, 2);
    take();
    helper.heard("target");
    expect(take()).toEqual([1, 2].map((token) => result(token, { reachable: true, ...LIFE })));
  });

  it("says nothing of what it slept through", () => {
    probe(0, 1);
    take();
    helper.abandon();
    expect(take()).toEqual([]);
    expect(helper.handlePong(101, 1)).toBeUndefined();
    expect(helper.handleNoPong(300, 101, "timeout")).toBe(false);
  });

  it("answers for itself", () => {
    probe(0, 1, { target_node: "helper" });
    expect(take()).toEqual([result(1, { target_node: "helper", reachable: true })]);
  });

  it("dials a stranger where the asker says, and forgets it afterwards", () => {
    probe(0, 1, { target_node: "stranger", target_address: "10.0.0.9:7946" });
    expect(take()).toEqual([
      { kind: "locate", node: "stranger", address: "10.0.0.9:7946" },
      { kind: "ping", to: "stranger", token: 101, timeoutMs: 240 },
    ]);
    helper.handleNoPong(1, 101, "refused");
    expect(take().map(({ kind }) => kind)).toEqual(["forget", "probe-result"]);
  });

  it("goes by its own address of a member it knows", () => {
    probe(0, 1, { target_address: "10.6.6.6:1" });
    expect(take().map(({ kind }) => kind)).toEqual(["ping"]);
  });

  it("does not help who did not agree to the capability, nor with a stranger without address", () => {
    probe(0, 1, {}, { ...ASKER, speaks: false });
    probe(0, 2, { target_node: "stranger" });
    expect(take()).toEqual([]);
    expect(helper.openCount).toBe(0);
  });

  it("does ten errands a second for one asker, fifty in all, and sixteen at a time", () => {
    const done = (now: number, from: Speaker) => {
      probe(now, 1, {}, from);
      const isDone = take().length > 0;
      helper.heard("target");
      take();
      return isDone;
    };
    const asker = (index: number) => ({ ...ASKER, id: `asker-${index}` });
    const first = Array.from({ length: 12 }, () => done(0, asker(0)));
    expect(first.filter(Boolean)).toHaveLength(10);
    const rest = Array.from({ length: 60 }, (_, index) => done(999, asker(1 + index)));
    expect(rest.filter(Boolean)).toHaveLength(40);
    expect(done(1000, asker(0))).toBe(true);

    const open = Array.from({ length: 20 }, (_, index) => probe(5000, 1, {}, asker(index)));
    expect(open).toHaveLength(20);
    expect(helper.openCount).toBe(16);
  });
});
