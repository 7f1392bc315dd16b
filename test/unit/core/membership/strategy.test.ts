import { describe, expect, it } from "vitest";
import {
  Desk,
  heartbeats,
  LAST_BEAT,
  MESH_BEAT,
  nodes,
  receivers,
  rumourBeat,
} from "./spreading.js";

/** With 10 others still a mesh. */
const MESH_MEMBERS_MAX = 10;

function automatic(count: number): Desk {
  return new Desk({ members: nodes(count), meshMembersMax: MESH_MEMBERS_MAX });
}

function kindsWhile(desk: Desk, change: (node: string) => void, members: readonly string[]) {
  return members.map((node) => {
    change(node);
    return desk.strategy.kind;
  });
}

describe("the strategy", () => {
  it("is a mesh up to the limit, an epidemic above, and a mesh again only below 80 % of it", () => {
    const desk = automatic(9);
    const members = ["m1", "m2", "m3"];
    expect(kindsWhile(desk, (node) => desk.row(0, node), members)).toEqual([
      ...["mesh", "epidemic", "epidemic"],
    ]);
    const die = (node: string) => desk.row(0, node, { state: "dead" });
    expect(kindsWhile(desk, die, [...members, "n1", "n2", "n3"])).toEqual([
      ...["epidemic", "epidemic", "epidemic", "epidemic", "mesh", "mesh"],
    ]);
    expect(kindsWhile(desk, (node) => desk.row(0, node), [...members, "n1", "n2"])).toEqual([
      ...["mesh", "mesh", "mesh", "mesh", "epidemic"],
    ]);
  });

  it("counts suspected members, but not those that are gone", () => {
    const desk = automatic(10);
    desk.row(0, "n1", { state: "suspect" });
    desk.row(0, "m1", { state: "left" });
    expect(desk.strategy.kind).toBe("mesh");
    desk.row(0, "m2", { state: "suspect" });
    expect(desk.strategy.kind).toBe("epidemic");
  });

  it("begins with what suits those that are known", () => {
    expect(automatic(10).strategy.kind).toBe("mesh");
    expect(automatic(11).strategy.kind).toBe("epidemic");
    const standard = (count: number) => new Desk({ members: nodes(count) }).strategy.kind;
    expect(standard(500)).toBe("mesh");
    expect(standard(501)).toBe("epidemic");
  });

  it.each(["mesh", "epidemic"] as const)("stays %s where it was told to", (dissemination) => {
    const desk = new Desk({ dissemination, meshMembersMax: 2 });
    const joining = kindsWhile(desk, (node) => desk.row(0, node), nodes(9));
    const dying = kindsWhile(desk, (node) => desk.row(0, node, { state: "dead" }), nodes(9));
    expect(new Set([...joining, ...dying])).toEqual(new Set([dissemination]));
  });

  it("tells those that it drops for an epidemic that no more heartbeats come, in their slots", () => {
    const desk = automatic(10);
    desk.pass(999);
    desk.row(1000, "m1");
    const rounds = desk.pass(1999);
    for (const commands of rounds) expect(heartbeats(commands).length).toBeLessThanOrEqual(4);
    const told = heartbeats(rounds.flat());
    const last = told.filter(({ data }) => data.next_ms === 0).map(({ to }) => to);
    const expecting = nodes(10).filter((node) => !desk.watched.has(node));
    expect(last.sort()).toEqual(expecting.sort());
    expect(desk.watched.size).toBe(4);
    expect(new Set(receivers(desk.pass(2999).flat()))).toEqual(desk.watched);
  });

  it("says nothing to members that never had a heartbeat of it", () => {
    const desk = new Desk({ meshMembersMax: MESH_MEMBERS_MAX });
    for (const node of nodes(50)) desk.row(0, node);
    const told = desk.pass(1999).flat();
    expect(new Set(receivers(told))).toEqual(desk.watched);
    expect(desk.watched.size).toBe(4);
  });

  it("keeps for an epidemic the peers that count it among their neighbours", () => {
    const desk = automatic(10);
    desk.pass(999);
    desk.hear(1000, "n1", rumourBeat());
    desk.hear(1000, "n2", LAST_BEAT);
    desk.hear(1000, "n3", MESH_BEAT);
    desk.row(1000, "m1");
    const told = heartbeats(desk.pass(1999).flat());
    expect(desk.watched.size).toBe(5);
    expect(desk.watched.has("n1")).toBe(true);
    const last = told.filter(({ data }) => data.next_ms === 0).map(({ to }) => to);
    expect(last).not.toContain("n1");
    expect(last).not.toContain("n2");
  });

  it("as a mesh again sends to all, drops nobody and holds no connection", () => {
    const desk = automatic(11);
    desk.pass(999);
    const neighbours = [...desk.watched];
    for (const node of ["n1", "n2", "n3", "n4"]) desk.row(1000, node, { state: "dead" });
    expect(desk.strategy.kind).toBe("mesh");
    const released = desk.take().filter(({ kind }) => kind === "release");
    expect(released.length).toBeGreaterThanOrEqual(neighbours.length);
    const living = nodes(11).slice(4);
    expect(desk.watched).toEqual(new Set(living));
    const told = heartbeats(desk.pass(1999).flat());
    expect(told.map(({ to }) => to).sort()).toEqual(living.sort());
    expect(told.every(({ data }) => data.next_ms === 1000)).toBe(true);
  });

  it("counts its heartbeats on through a switch", () => {
    const desk = automatic(10);
    desk.pass(999);
    desk.row(1000, "m1");
    expect(new Set(heartbeats(desk.pass(1999).flat()).map(({ data }) => data.sequence))).toEqual(
      new Set([2]),
    );
  });
});
