import { describe, expect, it } from "vitest";
import { completeFacts } from "../../../../runtime/core/membership/facts.js";
import { Membership } from "../../../../runtime/core/membership/membership.js";
import { MapRows } from "../../../../runtime/core/membership/rows.js";
import { TIMINGS } from "../../../../runtime/core/membership/timing.js";
import { announcement, heartbeat, OneMember, speaker, UNIX_MS } from "./one-member.js";
import { EPOCH, factsAt, member } from "./table-builders.js";

const { lan } = TIMINGS;
const NEVER = Number.POSITIVE_INFINITY;

/** Keeps on hearing these, each 10 s, and passes on what nobody else answers. */
function passHearing(a: OneMember, nodes: readonly string[], untilAt: number): void {
  for (let at = Math.floor(a.now / 10_000) * 10_000 + 10_000; at <= untilAt; at += 10_000) {
    a.passUntil(at);
    for (const node of nodes) a.hear(node, heartbeat());
  }
  a.passUntil(untilAt);
}

function stateAts(a: OneMember, node: string) {
  const changes = a.changes.filter((change) => change.node === node);
  return changes.map(({ at, after }) => [at, after?.state]);
}

const suspicion = (change: object) => {
  const data = { suspect_node: "a", last_seen: UNIX_MS, failed_pings: 1, state: "suspect" };
  return { kind: "suspect", data: { ...data, epoch: EPOCH, incarnation: 0, ...change } } as const;
};

describe("a membership", () => {
  it("needs to know where it is reached, and what it is", () => {
    const facts = completeFacts("node", { ...factsAt("a"), address: undefined });
    expect(() => new OneMember({ facts })).toThrow("its address and its version");
  });

  it("introduces itself on a connection, in its life, and says where the other is", () => {
    const a = new OneMember().meet("b");
    expect(a.state("b")).toBe("alive");
    expect(a.core.livingCount).toBe(2);
    expect(a.of("announce")[0]).toMatchObject({
      to: "b",
      data: { address: "a:7946", epoch: EPOCH, incarnation: 0, next_ms: 10_000 },
    });
    expect(a.of("locate")).toEqual([{ at: 0, kind: "locate", node: "b", address: "b:7946" }]);
  });

  it("tells those that it hears of of itself, in its life, before any connection has shown who they are", () => {
    const a = new OneMember();
    const members = ["b", "c"].map((node) => ({
      ...announcement(node).data,
      node,
      role: "node" as const,
      state: "alive" as const,
      since: UNIX_MS,
    }));
    a.do(() => {
      const response = { members, services: [], full: true };
      a.core.handleSyncResponse(0, speaker("b"), -2, response);
    });
    expect(a.core.livingCount).toBe(3);
    expect(a.of("announce").map(({ to, data }) => [to, data.epoch])).toEqual([
      ...[
        ["b", EPOCH],
        ["c", EPOCH],
      ],
    ]);
  });

  it("says nothing of lives to who understands only the specification", () => {
    const a = new OneMember();
    const plain = speaker("b", { speaks: false, epoch: undefined });
    a.open(plain);
    const { address, version, capabilities } = announcement("b").data;
    a.hear(plain, { kind: "announce", data: { address, version, capabilities } });
    a.passUntil(10_000);
    const said = a.take().filter((command) => "to" in command && command.to === "b");
    expect(said.length).toBeGreaterThan(1);
    expect(JSON.stringify(said)).not.toMatch(/epoch|incarnation|next_ms|news/);
  });

  it("sends each member a heartbeat each interval, and announces itself each 30 s or so", () => {
    const a = new OneMember().meet("b", "c");
    a.take();
    passHearing(a, ["b", "c"], 100_000);
    for (const node of ["b", "c"]) {
      expect(a.of("heartbeat").filter(({ to }) => to === node)).toHaveLength(10);
      const announcements = a.of("announce").filter(({ to }) => to === node).length;
      expect(announcements).toBeGreaterThanOrEqual(2);
      expect(announcements).toBeLessThanOrEqual(4);
    }
  });

  it("asks a stranger that sends heartbeats for its table", () => {
    const a = new OneMember();
    a.hear("z", heartbeat());
    expect(a.of("sync")).toMatchObject([{ to: "z" }]);
    expect(a.state("z")).toBeUndefined();
  });

  it("follows the timeline of the specification to the millisecond", () => {
    const a = new OneMember().meet("b", "c", "d", "e");
    passHearing(a, ["c", "d", "e"], 34_000);
    for (const { token } of a.of("probe").slice(0, 2)) {
      a.do(() => {
        const answer = { target_node: "b", reachable: false };
        a.core.handleProbeResult(a.now, token, answer);
      });
    }
    passHearing(a, ["c", "d", "e"], 60_000);
    expect(a.of("ping").filter(({ to }) => to === "b")).toMatchObject([{ at: 30_000 }]);
    const probes = a.of("probe").map(({ at, to, data }) => `${at} ${to} ${data.target_node}`);
    expect(probes.sort()).toEqual(["32000 c b", "32000 d b", "32000 e b"]);
    expect(stateAts(a, "b")).toEqual([
      [0, "alive"],
      [31_000, "suspect"],
      [36_000, "dead"],
    ]);
    const told = a.of("suspect");
    expect(told.map(({ at, to }) => `${at} ${to}`).sort()).toEqual(
      ["b", "c", "d", "e"].map((to) => `37000 ${to}`),
    );
    expect(told[0]?.data).toMatchObject({ suspect_node: "b", state: "dead", epoch: EPOCH });
    expect(told[0]?.data.accusers).toHaveLength(3);
    expect(a.core.livingCount).toBe(4);
  });

  it("buries nobody on its own word, and takes a sign of life for what it is", () => {
    const a = new OneMember().meet("b", "c", "d");
    passHearing(a, ["c", "d"], 60_000);
    expect(a.state("b")).toBe("suspect");
    a.hear("b", heartbeat());
    expect(a.state("b")).toBe("alive");
    expect(a.of("suspect").every(({ data }) => data.state === "suspect")).toBe(true);
  });

  it("refutes what others say of it, at once and with a new life, but not twice what it refuted", () => {
    const a = new OneMember().meet("b", "c");
    a.take();
    a.hear("b", suspicion({}));
    const announced = a.of("announce");
    expect(announced.map(({ to, data }) => `${to} ${data.incarnation}`)).toEqual(["b 1", "c 1"]);
    a.hear("c", suspicion({ state: "dead" }));
    expect(a.of("announce")).toHaveLength(2);
    a.hear("c", suspicion({ incarnation: 1 }));
    expect(a.passUntil(6000).of("announce").at(-1)).toMatchObject({ data: { incarnation: 2 } });
  });

  it("takes no word for a doubt that is none", () => {
    const a = new OneMember().meet("b", "c");
    a.take();
    for (const state of ["alive", "left", "of a later version"]) {
      a.hear("b", suspicion({ state }));
      a.hear("b", suspicion({ suspect_node: "c", state }));
    }
    expect(a.of("announce")).toEqual([]);
    expect(a.state("c")).toBe("alive");
  });

  it("has a restarted member back at once, whatever was said of the life before", () => {
    const a = new OneMember().meet("b", "c", "d");
    const dead = { suspect_node: "b", state: "dead", accusers: ["c", "d"] };
    a.passUntil(20_000);
    a.hear("c", suspicion(dead));
    expect(a.state("b")).toBe("dead");
    a.open(speaker("b", { epoch: EPOCH + 5 }));
    expect(a.core.rows.get("b")).toMatchObject({ state: "alive", epoch: EPOCH + 5 });
    a.passUntil(40_000);
    a.hear("c", suspicion(dead));
    a.hear("b", announcement("b"));
    expect(a.core.rows.get("b")).toMatchObject({ state: "alive", epoch: EPOCH + 5 });
  });

  it("tells a member that was buried and speaks again, so that it refutes that", () => {
    const a = new OneMember().meet("b", "c", "d");
    a.passUntil(20_000);
    a.hear("c", suspicion({ suspect_node: "b", state: "dead", accusers: ["c", "d"] }));
    a.take();
    a.hear("b", heartbeat());
    a.hear("b", heartbeat());
    expect(a.state("b")).toBe("dead");
    expect(a.of("suspect")).toMatchObject([
      { to: "b", data: { suspect_node: "b", state: "dead", epoch: EPOCH, incarnation: 0 } },
    ]);
    a.hear("b", announcement("b", { incarnation: 1 }));
    expect(a.state("b")).toBe("alive");
  });

  it("tells a process of a later one with its id, where that is, and asks for no heartbeats", () => {
    const a = new OneMember({ dissemination: "epidemic" }).meet("b");
    a.hear("b", announcement("b", { epoch: EPOCH + 5 }));
    a.take();
    a.hear("b", heartbeat());
    a.hear("b", heartbeat());
    const told = a.of("heartbeat").filter(({ data }) => data.next_ms === undefined);
    expect(told.map(({ data }) => data.news)).toMatchObject([
      [{ node: "b", state: "alive", epoch: EPOCH + 5, address: "b:7946" }],
    ]);
    const b = new OneMember({ node: "b", dissemination: "epidemic" }).meet("a");
    b.passUntil(1000);
    b.take();
    b.hear("a", { kind: "heartbeat", data: told[0]!.data });
    expect(b.of("keep")).toEqual([]);
  });

  it("holds back what others say of who it heard just now, tells that one, and believes its heartbeat", () => {
    const a = new OneMember().meet("b", "c", "d");
    a.take();
    a.passUntil(9000);
    a.hear("c", suspicion({ suspect_node: "b", state: "dead", accusers: ["c", "d"] }));
    expect(a.state("b")).toBe("alive");
    expect(a.of("suspect")).toMatchObject([{ to: "b", data: { accusers: ["c", "d"] } }]);
    a.hear("b", heartbeat());
    passHearing(a, ["b", "c", "d"], 60_000);
    expect(stateAts(a, "b")).toEqual([[0, "alive"]]);
  });

  it("tells one who takes a member for dead that it has left, once in an interval", () => {
    const a = new OneMember().meet("b", "c", "d");
    a.hear("b", { kind: "leave", data: { reason: "shutdown", epoch: EPOCH, incarnation: 0 } });
    a.take();
    const dead = { suspect_node: "b", state: "dead", accusers: ["c", "d"] };
    a.hear("c", suspicion(dead));
    a.hear("c", suspicion(dead));
    a.hear("d", suspicion({ ...dead, epoch: EPOCH - 1 }));
    const told = a.of("heartbeat").map(({ to, data }) => [to, data.news]);
    expect(told).toMatchObject([["c", [{ node: "b", state: "left", epoch: EPOCH }]]]);
    const c = new OneMember({ node: "c" }).meet("a", "b", "d");
    c.passUntil(20_000);
    c.hear("a", suspicion(dead));
    expect(c.state("b")).toBe("dead");
    c.hear("a", { kind: "heartbeat", data: a.of("heartbeat")[0]!.data });
    expect(c.state("b")).toBe("left");
  });

  it("tells all when it leaves, and is silent then, whatever comes in", () => {
    const a = new OneMember({ timing: lan }).meet("b", "c");
    a.hear("b", suspicion({ suspect_node: "c", accusers: ["b"] }));
    a.passUntil(1200);
    a.take();
    a.do(() => a.core.leave(1200, { reason: "shutdown" }));
    expect(a.take()).toEqual(
      ["b", "c"].map((to) => {
        const data = { reason: "shutdown", epoch: EPOCH, incarnation: 0 };
        return { kind: "leave", to, data };
      }),
    );
    expectSilence(a);
  });

  it("is silent once it is stopped, whatever comes in", () => {
    const a = new OneMember({ timing: lan }).meet("b", "c");
    a.hear("b", suspicion({ suspect_node: "c", accusers: ["b"] }));
    a.take();
    a.do(() => a.core.stop(a.now));
    expectSilence(a);
    expect(a.core.rows.size).toBe(2);
  });

  function expectSilence(a: OneMember): void {
    const probe = { target_node: "c", timeout_ms: 500 };
    expect(a.wakeAt).toBe(NEVER);
    a.hear("b", suspicion({}));
    a.hear("z", heartbeat());
    a.hear("y", announcement("y"));
    a.open(speaker("c"));
    a.do(() => a.core.handleProbe(a.now, speaker("b"), 7, probe));
    a.do(() => a.core.handlePong(a.now, 1, 5));
    a.do(() => a.core.handleNoPong(a.now, 2, "timeout"));
    a.do(() => a.core.handleProbeResult(a.now, 3, undefined));
    a.do(() => a.core.handleLost(a.now, "b", { isLast: true, goodbye: false }));
    a.do(() => a.core.handleTimeout(a.now + 100_000));
    a.do(() => a.core.leave(a.now, { reason: "shutdown" }));
    expect(a.take()).toEqual([]);
    expect(a.wakeAt).toBe(NEVER);
    expect(a.core.handleSyncRequest(a.now, speaker("b"), {}).members.length).toBeGreaterThan(2);
  }

  it("asks at the address of a process with its own id, reports it, and is silent if it is the later", () => {
    const a = new OneMember().meet("b");
    a.take();
    const news = { node: "a", state: "alive", epoch: EPOCH + 5, incarnation: 0, address: "x:1" };
    a.hear("b", heartbeat({ news: [{ ...news, state: "alive" }] }));
    expect(a.of("locate")).toMatchObject([{ node: "a", address: "x:1" }]);
    const [ping] = a.of("ping");
    expect(ping).toMatchObject({ to: "a" });
    a.take();
    a.do(() => a.core.handlePong(a.now, ping!.token, 3));
    expect(a.take()).toEqual([
      { kind: "forget", node: "a" },
      { kind: "conflict", node: "a", mine: EPOCH, other: EPOCH + 5, address: "x:1" },
    ]);
    expect(a.wakeAt).toBe(NEVER);
  });

  it("goes beyond a later life of its own that nobody lives", () => {
    const a = new OneMember().meet("b");
    const news = { node: "a", state: "alive", epoch: EPOCH + 5, incarnation: 3, address: "x:1" };
    a.hear("b", heartbeat({ news: [{ ...news, state: "alive" }] }));
    const [ping] = a.of("ping");
    a.take();
    a.do(() => a.core.handleNoPong(a.now, ping!.token, "refused"));
    expect(a.of("conflict")).toEqual([]);
    expect(a.of("announce")).toMatchObject([{ to: "b", data: { epoch: EPOCH + 6 } }]);
  });

  it("accuses nobody when it wakes from a stall, and asks for what it missed", () => {
    const a = new OneMember({ timing: lan }).meet("b", "c", "d");
    a.passUntil(900);
    const slept = 30_000;
    a.now += slept;
    a.take();
    a.do(() => a.core.handleTimeout(a.now));
    for (const node of ["b", "c", "d"]) a.hear(node, heartbeat({ next_ms: 1000 }));
    a.passUntil(a.now + 1600);
    expect(a.changes.every(({ after }) => after?.state === "alive")).toBe(true);
    expect(a.of("suspect")).toEqual([]);
    expect(a.of("sync").length).toBeGreaterThan(0);
  });

  it("forgets who is gone for a day, and all that was kept for it", () => {
    const a = new OneMember().meet("b", "c");
    a.hear("b", { kind: "leave", data: { reason: "shutdown", epoch: EPOCH, incarnation: 0 } });
    a.do(() => a.core.handleLost(a.now, "b", { isLast: true, goodbye: true }));
    passHearing(a, ["c"], 24 * 3_600_000 + 1);
    expect(a.state("b")).toBeUndefined();
    expect(a.of("forget")).toMatchObject([{ node: "b" }]);
  });

  it("goes on with rows that it is given, and drops those that are gone", () => {
    const rows = new MapRows();
    rows.set(member("b"));
    rows.set(member("c", { state: "suspect", accusers: ["b"] }));
    rows.set(member("d", { state: "dead", accusers: ["b", "c"] }));
    rows.set(member("a"));
    const a = new OneMember({ rows });
    expect(a.core.livingCount).toBe(3);
    expect([...a.core.rows].map(({ node }) => node)).toEqual(["b", "c"]);
    expect(a.of("announce").map(({ to }) => to)).toEqual(["b", "c"]);
    const told = (node: string) => {
      const b = new OneMember().meet("b", "c");
      return b.core.handleSyncRequest(0, speaker(node), { hash: "0".repeat(16) }).hash;
    };
    const { hash } = a.core.handleSyncRequest(0, speaker("b"), { hash: "0".repeat(16) });
    expect(hash).toBe(told("b"));
    a.passUntil(37_000);
    expect(a.state("c")).toBe("dead");
  });

  it("says nothing before it is started", () => {
    const dice = () => 0.5;
    const core = new Membership({
      node: "a",
      role: "node",
      facts: factsAt("a"),
      epoch: EPOCH,
      timing: lan,
      random: dice,
      unixTimeMs: () => UNIX_MS,
      since: () => UNIX_MS,
    });
    core.handleOpened(0, speaker("b"));
    core.handleMessage(0, speaker("b"), announcement("b"));
    expect(core.takeOutput()).toEqual({ commands: [], changes: [], wakeAt: NEVER });
    core.start(1);
    core.handleMessage(1, speaker("b"), announcement("b"));
    const kinds = core.takeOutput().commands.map(({ kind }) => kind);
    expect(kinds).toEqual(["locate"]);
  });
});
