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

function mesh(plain: readonly string[] = []): Desk {
  return new Desk({ members: MEMBERS, plain, dissemination: "mesh" });
}

describe("a mesh", () => {
  it("sends each member one heartbeat each interval, a quarter at a time", () => {
    const desk = mesh();
    const rounds = desk.pass(4999);
    expect(rounds.length).toBe(20);
    for (const commands of rounds) expect(commands.length).toBe(25);
    for (let round = 0; round < 5; round++) {
      const told = rounds.slice(4 * round, 4 * round + 4).flat();
      expect(receivers(told).sort()).toEqual([...MEMBERS].sort());
      for (const { data } of heartbeats(told)) expect(data.sequence).toBe(round + 1);
    }
  });

  it("promises the next heartbeat, and says which life it speaks for and nothing of news", () => {
    const desk = mesh();
    const [first] = desk.pass(250);
    expect(heartbeats(first!)[0]!.data).toEqual(MESH_BEAT);
    desk.life = { epoch: 100, incarnation: 1 };
    expect(heartbeats(desk.pass(500).flat())[0]!.data.incarnation).toBe(1);
  });

  it("shares one heartbeat among all who get the same", () => {
    const told = heartbeats(mesh().pass(999).flat());
    expect(new Set(told.map(({ data }) => data)).size).toBe(1);
  });

  it("sends a peer of the specification only its fields", () => {
    const told = heartbeats(mesh(["n1"]).pass(999).flat());
    expect(told.find(({ to }) => to === "n1")?.data).toEqual({ sequence: 1 });
  });

  it("watches all living members", () => {
    const desk = mesh();
    expect(desk.watched).toEqual(new Set(MEMBERS));
    desk.row(0, "new");
    desk.row(0, "n1", { state: "dead" });
    desk.row(0, "n2", { state: "left" });
    desk.row(0, "n3", { state: "suspect" });
    desk.forget(0, "n4");
    const expected = new Set([...MEMBERS.slice(4), "n3", "new"]);
    expect(desk.watched).toEqual(expected);
    expect(new Set(desk.strategy.watched())).toEqual(expected);
    expect(new Set(receivers(desk.pass(999).flat()))).toEqual(expected);
  });

  it("tells everybody itself what it found out", () => {
    const desk = mesh();
    desk.strategy.tell(verdict("n1", "suspect"));
    const told = desk.take();
    expect(told.map((command) => command.kind === "suspect" && command.to)).toEqual(MEMBERS);
    expect(told[0]).toMatchObject({ data: { suspect_node: "n1", state: "suspect" } });
  });

  it("tells a peer of the specification of deaths in its words, and of suspicions nothing", () => {
    const desk = mesh(["n1"]);
    desk.strategy.tell(verdict("n2", "suspect"));
    expect(desk.take().some((command) => "to" in command && command.to === "n1")).toBe(false);
    desk.strategy.tell(verdict("n2", "dead"));
    const data = { suspect_node: "n2", last_seen: 5, failed_pings: 3 };
    expect(desk.take()).toContainEqual({ kind: "suspect", to: "n1", data });
  });

  it("announces itself and leaves, to each in words that it knows", () => {
    const desk = mesh(["n1"]);
    const announcement = { ...PLAIN_ANNOUNCEMENT, epoch: 100, incarnation: 1 };
    desk.strategy.tell({ kind: "announce", data: announcement, news: newsOf("self") });
    const leave = { reason: "shutdown", epoch: 100, incarnation: 1 };
    desk.strategy.tell({ kind: "leave", data: leave, news: newsOf("self", { state: "left" }) });
    const told = desk.take();
    expect(told.length).toBe(2 * MEMBERS.length);
    expect(told).toContainEqual({ kind: "announce", to: "n1", data: PLAIN_ANNOUNCEMENT });
    expect(told).toContainEqual({ kind: "announce", to: "n2", data: announcement });
    expect(told).toContainEqual({ kind: "leave", to: "n1", data: { reason: "shutdown" } });
    expect(told).toContainEqual({ kind: "leave", to: "n2", data: leave });
  });

  it("passes no news of others on, since all hear it first hand", () => {
    const desk = mesh();
    desk.hear(0, "n1", MESH_BEAT);
    desk.strategy.relay(newsOf("n5", { state: "dead" }), "n1");
    for (const { data } of heartbeats(desk.pass(999).flat())) expect(data.news).toBeUndefined();
    expect(desk.strategy.rumourCount).toBe(0);
  });

  it("passes it on while it knows a peer of an epidemic, though not back to who told", () => {
    const desk = mesh();
    desk.hear(0, "n1", rumourBeat());
    const news = newsOf("n5", { state: "dead" });
    desk.strategy.relay(news, "n1");
    const told = heartbeats(desk.pass(1999).flat()).filter(({ data }) => data.news !== undefined);
    expect(told.length).toBe(12);
    expect(told.map(({ data }) => data.news)).toEqual(Array(12).fill([news]));
    expect(told.some(({ to }) => to === "n1")).toBe(false);
    desk.hear(2000, "n1", MESH_BEAT);
    desk.strategy.relay(newsOf("n6", { state: "dead" }), "n1");
    expect(desk.strategy.rumourCount).toBe(0);
  });

  it("forgets what it passes on when the last peer of an epidemic is gone", () => {
    const desk = mesh();
    desk.hear(0, "n1", rumourBeat());
    desk.strategy.relay(newsOf("n5", { state: "dead" }), "n1");
    expect(desk.strategy.rumourCount).toBe(1);
    desk.row(0, "n1", { state: "dead" });
    expect(desk.strategy.rumourCount).toBe(0);
  });

  it("sends no heartbeats to who wants none, until that one sends some again", () => {
    const desk = mesh();
    desk.hear(0, "n1", LAST_BEAT);
    expect(receivers(desk.pass(999).flat())).not.toContain("n1");
    expect(desk.watched.has("n1")).toBe(true);
    desk.hear(1000, "n1", MESH_BEAT);
    expect(receivers(desk.pass(1999).flat())).toContain("n1");
  });

  it("says nothing more once it is stopped", () => {
    const desk = mesh();
    desk.strategy.stop();
    expect(desk.strategy.dueAt).toBe(Number.POSITIVE_INFINITY);
    desk.strategy.tell(verdict("n1", "dead"));
    desk.strategy.handleTimeout(5000);
    desk.row(5000, "n1", { state: "dead" });
    expect(desk.take()).toEqual([]);
    expect([...desk.strategy.watched()]).toEqual([]);
    expect(desk.strategy.kind).toBeUndefined();
  });
});
