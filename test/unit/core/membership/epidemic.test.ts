import { describe, expect, it } from "vitest";
import {
  Desk,
  heartbeats,
  LAST_BEAT,
  MESH_BEAT,
  newsOf,
  nodes,
  receivers,
  rumourBeat,
  verdict,
} from "./spreading.js";

const MEMBERS = nodes(100);

const PLAIN_ANNOUNCEMENT = { address: "self:1", version: "1", capabilities: [] };

function epidemic(plain: readonly string[] = [], members: readonly string[] = MEMBERS): Desk {
  return new Desk({ members, plain, dissemination: "epidemic" });
}

/** One that chose its four neighbours, which are returned. */
function settled(plain: readonly string[] = []) {
  const desk = epidemic(plain);
  desk.pass(999);
  const chosen = [...desk.watched];
  const others = MEMBERS.filter((node) => !chosen.includes(node) && !plain.includes(node));
  return { desk, chosen, others };
}

describe("an epidemic", () => {
  it("sends heartbeats to four that it chose, one in each slot, and holds connections to them", () => {
    const desk = epidemic();
    const rounds = desk.pass(1999);
    const kept = rounds[0]!.filter(({ kind }) => kind === "keep");
    expect(kept.length).toBe(4);
    expect(rounds.map((commands) => heartbeats(commands).length)).toEqual(Array(8).fill(1));
    expect(new Set(receivers(rounds.flat()))).toEqual(desk.watched);
    expect(desk.watched.size).toBe(4);
  });

  it("says in each heartbeat that it passes news on, also when there is none", () => {
    for (const { data } of heartbeats(epidemic().pass(999).flat())) {
      expect(data).toEqual(rumourBeat());
    }
  });

  it("does not choose among the first members that it hears of, but once it has heard of more", () => {
    const desk = epidemic([], []);
    for (const node of MEMBERS) desk.row(0, node);
    expect(desk.watched.size).toBe(0);
    desk.pass(999);
    expect(desk.watched.size).toBe(4);
    expect(desk.watched).not.toEqual(new Set(MEMBERS.slice(0, 4)));
  });

  it("treats who sends heartbeats like those that it chose, up to twelve, and refuses others", () => {
    const { desk, others } = settled();
    for (const node of others.slice(0, 13)) desk.hear(1000, node, rumourBeat());
    const refused = heartbeats(desk.take());
    expect(refused).toEqual([{ kind: "heartbeat", to: others[12], data: LAST_BEAT }]);
    expect(desk.watched.size).toBe(16);
    const rounds = desk.pass(1999);
    expect(rounds.map((commands) => heartbeats(commands).length)).toEqual([4, 4, 4, 4]);
    expect(new Set(receivers(rounds.flat()))).toEqual(desk.watched);
  });

  it("takes nobody for a neighbour who sends heartbeats to all anyway, or is no member", () => {
    const { desk, others } = settled();
    desk.hear(1000, others[0]!, MESH_BEAT);
    expect(heartbeats(desk.take())).toEqual([
      { kind: "heartbeat", to: others[0], data: LAST_BEAT },
    ]);
    desk.hear(1000, "stranger", rumourBeat());
    desk.row(1000, others[1]!, { state: "dead" });
    desk.hear(1000, others[1]!, rumourBeat());
    expect(desk.take()).toEqual([]);
    expect(desk.watched.size).toBe(4);
  });

  it("takes who did not know yet that its fields are understood", () => {
    const { desk, others } = settled();
    desk.hear(1000, others[0]!, { sequence: 1 });
    expect(desk.watched.has(others[0]!)).toBe(true);
  });

  it("replaces one that is gone at once", () => {
    const { desk, chosen } = settled();
    desk.row(1000, chosen[0]!, { state: "dead" });
    const [released, kept] = desk.take();
    expect(released).toEqual({ kind: "release", node: chosen[0] });
    expect(kept?.kind).toBe("keep");
    expect(desk.watched.size).toBe(4);
    expect(desk.watched.has(chosen[0]!)).toBe(false);
    expect(receivers(desk.pass(1999).flat()).length).toBe(4);
  });

  it("replaces one that refuses by another, without an answer", () => {
    const { desk, chosen } = settled();
    desk.hear(1000, chosen[0]!, LAST_BEAT);
    const told = desk.pass(1999).flat();
    expect(desk.watched.size).toBe(4);
    expect(desk.watched.has(chosen[0]!)).toBe(false);
    expect(receivers(told)).not.toContain(chosen[0]);
  });

  it("replaces one each 5 minutes, and tells it", () => {
    const { desk } = settled();
    const before = new Set(desk.watched);
    const told = heartbeats(desk.pass(50 * 60_000).flat());
    const last = told.filter(({ data }) => data.next_ms === 0);
    expect(last.length).toBe(10);
    expect(told.length).toBeLessThanOrEqual(4 * 3000 + 10);
    expect(desk.watched.size).toBe(4);
    expect([...desk.watched].filter((node) => before.has(node)).length).toBeLessThan(4);
  });

  it("replaces nobody where all are neighbours", () => {
    const desk = epidemic([], nodes(3));
    const told = heartbeats(desk.pass(20 * 60_000).flat());
    expect(told.every(({ data }) => data.next_ms !== 0)).toBe(true);
    expect(desk.watched.size).toBe(3);
  });

  it("does not take the place of one that was restarted for that one's choice", () => {
    const { desk, chosen, others } = settled();
    desk.hear(1000, others[0]!, rumourBeat());
    desk.row(1000, others[0]!, { epoch: 200 });
    desk.row(1000, chosen[0]!, { epoch: 200 });
    expect(desk.watched.has(others[0]!)).toBe(false);
    expect(desk.watched.has(chosen[0]!)).toBe(true);
    desk.hear(1001, others[0]!, rumourBeat());
    expect(desk.watched.has(others[0]!)).toBe(true);
  });

  it("tells each neighbour what it found out, on heartbeats only, and the suspect itself", () => {
    const { desk, chosen, others } = settled();
    const suspicion = verdict(others[0]!, "suspect");
    desk.strategy.tell(suspicion);
    expect(desk.take()).toEqual([{ kind: "suspect", to: others[0], data: suspicion.data }]);
    const told = desk.pass(3999).flat();
    expect(told.every(({ kind }) => kind === "heartbeat")).toBe(true);
    const withNews = heartbeats(told).filter(({ data }) => data.news?.length === 1);
    expect(withNews.map(({ to }) => to).sort()).toEqual(chosen.sort());
    expect(withNews[0]!.data.news).toEqual([suspicion.news]);
    expect(desk.strategy.rumourCount).toBe(0);
  });

  it("tells at most 8 news in a heartbeat, and the others in the next", () => {
    const { desk } = settled();
    for (const node of MEMBERS.slice(0, 20)) {
      desk.strategy.relay(newsOf(node, { state: "dead" }), "z");
    }
    const counts = heartbeats(desk.pass(3999).flat()).map(({ data }) => data.news?.length);
    expect(counts.slice(0, 4)).toEqual([8, 8, 8, 8]);
    expect(counts.reduce((sum = 0, count = 0) => sum + count)).toBe(4 * 20);
  });

  it("does not tell a neighbour what it told", () => {
    const { desk, chosen } = settled();
    const news = newsOf("n50", { state: "dead" });
    desk.strategy.relay(news, chosen[0]!);
    desk.hear(1000, chosen[1]!, rumourBeat(news));
    const told = heartbeats(desk.pass(2999).flat()).filter(({ data }) => data.news?.length === 1);
    expect(told.map(({ to }) => to).sort()).toEqual(chosen.slice(2).sort());
  });

  it("tells controllers and neighbours that it leaves", () => {
    const { desk, chosen, others } = settled();
    desk.row(1000, others[0]!, { role: "controller" });
    desk.row(1000, others[1]!, { role: "controller", state: "dead" });
    const news = newsOf("self", { state: "left" });
    desk.strategy.tell({ kind: "leave", data: { reason: "shutdown" }, news });
    const told = desk.take().map((command) => command.kind === "leave" && command.to);
    expect(told.sort()).toEqual([...chosen, others[0]!].sort());
  });

  it("sends peers of the specification what they expect of all, as rarely as they bear", () => {
    const { desk } = settled(["n1"]);
    desk.hear(1000, "n1", { sequence: 1 }, { speaks: false });
    const told = heartbeats(desk.pass(60_999).flat()).filter(({ to }) => to === "n1");
    expect(told.length).toBe(6);
    for (const { data } of told) expect(Object.keys(data)).toEqual(["sequence"]);
    const announcement = { ...PLAIN_ANNOUNCEMENT, epoch: 100, incarnation: 1 };
    desk.strategy.tell({ kind: "announce", data: announcement, news: newsOf("self") });
    expect(desk.take()).toEqual([{ kind: "announce", to: "n1", data: PLAIN_ANNOUNCEMENT }]);
    desk.row(61_000, "n1", { state: "dead" });
    expect(receivers(desk.pass(80_000).flat())).not.toContain("n1");
  });

  it("sends nothing of the kind to one that was restarted and speaks of lives now", () => {
    const { desk } = settled(["n1"]);
    desk.hear(1000, "n1", { sequence: 1 }, { speaks: false });
    desk.hear(1001, "n1", LAST_BEAT);
    expect(receivers(desk.pass(30_000).flat())).not.toContain("n1");
  });

  it("reports rumours that it had no room for", () => {
    const { desk } = settled();
    for (let index = 0; index < 1030; index++) desk.strategy.relay(newsOf(`m${index}`), "z");
    expect(desk.strategy.rumourCount).toBe(1024);
    expect(desk.strategy.takeOverflowCount()).toBe(6);
  });

  it("forgets rumours of who is forgotten", () => {
    const { desk } = settled();
    desk.strategy.relay(newsOf("n50", { state: "dead" }), "z");
    desk.forget(1000, "n50");
    expect(desk.strategy.rumourCount).toBe(0);
  });
});
