import { describe, expect, test } from "vitest";
import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import { NO_FACTS } from "../../../../runtime/core/membership/facts.js";
import type { News } from "../../../../runtime/core/membership/news.js";
import { MapRows, type RowFields } from "../../../../runtime/core/membership/rows.js";
import { FewConnections } from "./few-connections.js";
import { FewTimers } from "./few-timers.js";
import { GoneIsForgotten } from "./gone-is-forgotten.js";
import { GoneIsNoticed } from "./gone-is-noticed.js";
import { HealthyLives } from "./healthy-lives.js";
import { LeftIsNoDeath } from "./left-is-no-death.js";
import { LivesGrow } from "./lives-grow.js";
import type { Rule, View } from "./rule.js";
import { RumoursEnd } from "./rumours-end.js";
import { Truth } from "./truth.js";
import { TwoBury } from "./two-bury.js";
import { ViewsAgree } from "./views-agree.js";
import { WakingIsHumble } from "./waking-is-humble.js";

const NODES = ["a", "b", "c", "d"];
const EPOCH = 100;

function fields(node: string, change: Partial<RowFields> = {}): RowFields {
  const life = { epoch: EPOCH, incarnation: 0 };
  return { node, role: "node", state: "alive", facts: NO_FACTS, accusers: [], ...life, ...change };
}

/** Four nodes that have run for ten minutes, each of which knows the others; all is well. */
function world<Subject extends Rule>(make: (truth: Truth) => Subject) {
  const clock = { now: 0 };
  const truth = new Truth(clock);
  for (const node of NODES) truth.began(node, EPOCH);
  const rule = make(truth);
  const views = NODES.map((id) => {
    const rows = new MapRows();
    for (const node of NODES) if (node !== id) rows.set(fields(node));
    return { id, epoch: EPOCH, core: { rows }, connectionCount: 3, questionCount: 0 };
  });
  clock.now = 600_000;
  const view = (id: string) => views.find((some) => some.id === id)!;
  /** The row of `node` changes in the view of `id`; an output says so. */
  const change = (id: string, node: string, how: Partial<RowFields>) => {
    const { rows } = view(id).core;
    const before = rows.get(node);
    const after = rows.set(fields(node, { ...before, ...how }));
    rule.see(view(id), output([], [{ node, before, after }]));
  };
  const command = (id: string, ...commands: Command[]) => rule.see(view(id), output(commands));
  const texts = () => rule.problems.map(({ text }) => text);
  return { clock, truth, rule, views, view, change, command, texts };
}

function output(commands: Command[], changes: Output["changes"] = []): Output {
  return { commands, changes, wakeAt: Number.POSITIVE_INFINITY };
}

function heartbeat(to: string, ...news: News[]): Command {
  return { kind: "heartbeat", to, data: { sequence: 1, next_ms: 1000, news } };
}

const news = (node: string, state: News["state"], more: Partial<News> = {}): News => {
  return { node, state, epoch: EPOCH, incarnation: 0, ...more };
};

describe("the rule that a healthy node is dead to nobody", () => {
  const make = (truth: Truth) => new HealthyLives(truth, 5000);

  test("is broken where one is", () => {
    const { change, texts } = world(make);
    change("a", "b", { state: "suspect" });
    expect(texts()).toEqual([]);
    change("a", "b", { state: "dead" });
    expect(texts()).toEqual(["b is healthy, and dead to a"]);
  });

  test("is not about an earlier life, one that is over, or one in trouble", () => {
    const { clock, truth, change, texts } = world(make);
    change("a", "b", { state: "dead", epoch: EPOCH - 1 });
    truth.ended("b", { hasLeft: false });
    change("a", "b", { state: "dead", epoch: EPOCH });
    truth.paused("c", 10_000);
    change("a", "c", { state: "dead" });
    truth.excuse("d", clock.now + 1000);
    change("a", "d", { state: "dead" });
    clock.now += 14_999;
    change("a", "c", { state: "dead" });
    expect(texts()).toEqual([]);
    clock.now += 1;
    change("a", "c", { state: "dead" });
    expect(texts()).toHaveLength(1);
  });

  test("excuses who is cut off, but not who stood still", () => {
    const { clock, truth, change, texts } = world(make);
    truth.excuse("a", clock.now + 1000);
    change("a", "b", { state: "dead" });
    expect(texts()).toEqual([]);
    truth.paused("d", 0);
    change("d", "b", { state: "dead" });
    expect(texts()).toEqual(["b is healthy, and dead to d"]);
  });
});

describe("the rule that a node that is gone is dead to all in time", () => {
  const make = (truth: Truth) => new GoneIsNoticed(truth, 6000);

  test("is broken by the one that does not know it", () => {
    const { clock, truth, rule, views, change, texts } = world(make);
    truth.ended("b", { hasLeft: false });
    change("a", "b", { state: "dead" });
    change("c", "b", { state: "suspect" });
    const others = views.filter(({ id }) => id !== "b");
    clock.now += 6000;
    rule.inspect(others);
    expect(texts()).toEqual([]);
    clock.now += 1;
    rule.inspect(others);
    rule.inspect(others);
    expect(texts()).toEqual([
      "b is gone for 6001 ms, and suspect to c",
      "b is gone for 6001 ms, and alive to d",
    ]);
  });

  test("is not about those that left, or came back", () => {
    const { clock, truth, rule, views, texts } = world(make);
    truth.ended("b", { hasLeft: true });
    truth.ended("c", { hasLeft: false });
    truth.began("c", EPOCH + 1);
    clock.now += 60_000;
    rule.inspect(views);
    expect(texts()).toEqual([]);
  });

  test("looks again in the end, when somebody has come back to life", () => {
    const { clock, truth, rule, views, change, texts } = world(make);
    truth.ended("b", { hasLeft: false });
    for (const id of ["a", "c", "d"]) change(id, "b", { state: "dead" });
    clock.now += 60_000;
    rule.inspect(views);
    change("a", "b", { state: "alive" });
    rule.end(views);
    expect(texts()).toEqual(["b is gone for 60000 ms, and alive to a"]);
  });
});

describe("the rule that no view goes back to an earlier life", () => {
  const make = (truth: Truth) => new LivesGrow(truth);

  test.each([
    ["incarnation", { incarnation: 1 }, "100.2 of b back to 100.1"],
    ["epoch", { epoch: 99, incarnation: 7 }, "100.2 of b back to 99.7"],
  ])("is broken by an earlier %s", (_, earlier, text) => {
    const { change, texts } = world(make);
    change("a", "b", { incarnation: 2 });
    change("a", "b", { incarnation: 2, state: "suspect" });
    change("c", "b", { incarnation: 1 });
    expect(texts()).toEqual([]);
    change("a", "b", earlier);
    expect(texts()).toEqual([`a goes from ${text}`]);
  });

  test("holds beyond forgetting, and not beyond the end of a process", () => {
    const { rule, view, change, texts } = world(make);
    change("a", "b", { incarnation: 2 });
    rule.see(view("a"), output([], [{ node: "b", before: undefined, after: undefined }]));
    view("a").core.rows.delete("b");
    change("a", "b", { incarnation: 1 });
    expect(texts()).toHaveLength(1);
    const after = view("c").core.rows.set(fields("b"));
    const next = { ...view("a"), epoch: EPOCH + 1 };
    rule.see(next, output([], [{ node: "b", before: undefined, after }]));
    expect(texts()).toHaveLength(1);
  });
});

describe("the rule that a life that was left does not end in death", () => {
  const make = (truth: Truth) => new LeftIsNoDeath(truth);

  test("is broken where it does", () => {
    const { change, texts } = world(make);
    change("a", "b", { state: "left" });
    change("a", "b", { state: "alive", epoch: EPOCH + 1 });
    change("a", "b", { state: "dead", epoch: EPOCH + 1 });
    expect(texts()).toEqual([]);
    change("a", "c", { state: "left" });
    change("a", "c", { state: "dead" });
    expect(texts()).toEqual(["c had left, and is dead to a"]);
  });

  test("is broken in the end where somebody never heard that one left", () => {
    const { truth, rule, views, change, texts } = world(make);
    truth.ended("b", { hasLeft: true });
    for (const id of ["a", "c"]) change(id, "b", { state: "left" });
    change("d", "b", { state: "dead" });
    rule.end(views.filter(({ id }) => id !== "b"));
    expect(texts()).toEqual(["b has left, and is dead to d"]);
  });
});

describe("the rule that who has stood still accuses nobody who is healthy", () => {
  const make = (truth: Truth) => new WakingIsHumble(truth, 2000);
  const data = { suspect_node: "b", last_seen: 1, failed_pings: 3 };

  test("holds for one that tells the accused itself", () => {
    const { clock, truth, command, texts } = world(make);
    truth.paused("a", 10_000);
    clock.now += 11_000;
    command("a", { kind: "suspect", to: "b", data });
    expect(texts()).toEqual([]);
  });

  test.each<[string, Command]>([
    ["directly", { kind: "suspect", to: "c", data }],
    ["in a heartbeat", heartbeat("c", news("c", "alive"), news("b", "suspect"))],
    ["with others", heartbeat("c", news("b", "dead", { accusers: ["c", "a"] }))],
  ])("is broken by one that is told %s", (_, accusation) => {
    const { clock, truth, command, texts } = world(make);
    truth.paused("a", 10_000);
    clock.now += 11_000;
    command("a", accusation);
    expect(texts()).toEqual(["a accuses b"]);
  });

  test("lets it say again what it said before, and accuse later on", () => {
    const { clock, truth, command, texts } = world(make);
    const again = heartbeat("c", news("b", "suspect"));
    command("a", again);
    truth.paused("a", 10_000);
    clock.now += 11_000;
    command("a", again);
    clock.now += 1000;
    command("a", heartbeat("c", news("b", "suspect", { incarnation: 1 })));
    expect(texts()).toEqual([]);
  });

  test("is broken by a row that says so", () => {
    const { clock, truth, change, texts } = world(make);
    truth.paused("a", 10_000);
    clock.now += 11_000;
    change("a", "b", { state: "suspect", accusers: ["c"] });
    expect(texts()).toEqual([]);
    change("a", "b", { state: "suspect", accusers: ["c", "a"] });
    expect(texts()).toEqual(["a accuses b"]);
  });

  test("lets it pass on what others say, and accuse who is gone", () => {
    const { clock, truth, command, texts } = world(make);
    truth.ended("d", { hasLeft: false });
    truth.paused("a", 10_000);
    clock.now += 11_000;
    command("a", heartbeat("c", news("b", "suspect", { accusers: ["c"] }), news("d", "suspect")));
    expect(texts()).toEqual([]);
  });
});

describe("the rule that one accuser buries nobody", () => {
  const make = (truth: Truth) => new TwoBury(truth);
  const result: Command = {
    kind: "probe-result",
    to: "a",
    token: 1,
    data: { target_node: "b", reachable: false },
  };

  test.each([
    [["a"], "a"],
    [["a", "a"], "a"],
    [["a", "b"], "a"],
    [[], "nobody"],
  ])("is broken where %s do", (accusers, who) => {
    const { change, texts } = world(make);
    change("a", "b", { state: "dead", accusers });
    expect(texts()).toEqual([`a buries b on the word of ${who}`]);
  });

  test("is broken where one is named that never accused", () => {
    const { change, texts } = world(make);
    change("a", "b", { state: "suspect", accusers: ["a"] });
    change("a", "b", { state: "dead", accusers: ["a", "c"] });
    expect(texts()).toEqual(["a buries b on the word of c, which never accused it"]);
  });

  test("holds where two did, by suspicion or by answer", () => {
    const { change, command, texts } = world(make);
    command("c", result);
    change("a", "b", { state: "suspect", accusers: ["a"] });
    change("a", "b", { state: "dead", accusers: ["a", "c"] });
    change("d", "b", { state: "dead", accusers: ["a", "c"] });
    command("c", { ...result, data: { target_node: "d", reachable: true } });
    expect(texts()).toEqual([]);
  });

  test("holds where one said so to others, but not where it told of another's word", () => {
    const { change, command, texts } = world(make);
    const data = { suspect_node: "b", last_seen: 5, failed_pings: 1, state: "suspect" as const };
    const say = (accusers: string[]) =>
      command("c", { kind: "suspect", to: "a", data: { ...data, accusers } });
    change("a", "b", { state: "suspect", accusers: ["a"] });
    say(["a", "c"]);
    change("a", "b", { state: "dead", accusers: ["a", "c"] });
    expect(texts()).toHaveLength(1);
    say(["c", "a"]);
    change("d", "b", { state: "dead", accusers: ["a", "c"] });
    expect(texts()).toHaveLength(1);
  });

  test("lets one alone bury the last but itself", () => {
    const { view, change, texts } = world(make);
    for (const node of ["c", "d"]) view("a").core.rows.delete(node);
    change("a", "b", { state: "dead", accusers: ["a"] });
    expect(texts()).toEqual([]);
  });
});

test("the rule about connections is broken by one more than the questions explain", () => {
  const { rule, view, texts } = world((truth) => new FewConnections(truth, 16));
  const some: View = { ...view("a"), connectionCount: 18, questionCount: 2 };
  rule.inspect([some]);
  expect(texts()).toEqual([]);
  rule.inspect([{ ...some, connectionCount: 19 }]);
  expect(texts()).toEqual(["a has 19 connections and 2 questions"]);
});

describe("the rule about news", () => {
  // Four nodes: one tenfold, begun.
  const make = (truth: Truth) => new RumoursEnd(truth, 4);

  test("is broken by what is told once too often", () => {
    const { command, texts } = world(make);
    for (const to of ["b", "c", "d", "e"]) command("a", heartbeat(to, news("x", "suspect")));
    command("b", heartbeat("f", news("x", "suspect")));
    command("a", heartbeat("f", news("x", "suspect", { incarnation: 1 })));
    command("a", heartbeat("f", news("x", "dead")));
    expect(texts()).toEqual([]);
    command("a", heartbeat("f", news("x", "suspect")));
    expect(texts()).toEqual(["a tells 5 times that suspect of x 100.0 by 0"]);
  });

  test("holds for a doubt with another accuser, and for what is said aside", () => {
    const { command, texts } = world(make);
    for (const accusers of [["c"], ["c", "d"], ["c", "d", "e"]]) {
      command("a", heartbeat("b", news("x", "suspect", { accusers })));
    }
    const aside = { sequence: 1, news: [news("b", "alive")] };
    for (let count = 0; count < 9; count++)
      command("a", { kind: "heartbeat", to: "b", data: aside });
    expect(texts()).toEqual([]);
    command("a", heartbeat("b", news("x", "suspect", { accusers: ["c", "f"] })));
    expect(texts()).toEqual(["a tells b twice that suspect of x 100.0 by 2"]);
  });

  test("is broken by what is told to one node twice", () => {
    const { command, texts } = world(make);
    command("a", heartbeat("b", news("x", "suspect")), heartbeat("b", news("y", "suspect")));
    expect(texts()).toEqual([]);
    command("a", heartbeat("b", news("x", "suspect")));
    expect(texts()).toEqual(["a tells b twice that suspect of x 100.0 by 0"]);
  });
});

describe("the rule that all views are the same in the end", () => {
  const make = (truth: Truth) => new ViewsAgree(truth);

  test("holds where all is well, and where somebody is gone who is not known to all", () => {
    const { truth, rule, views, view, change, texts } = world(make);
    truth.ended("d", { hasLeft: false });
    change("a", "d", { state: "dead" });
    change("b", "d", { state: "dead" });
    view("c").core.rows.delete("d");
    rule.end(views.filter(({ id }) => id !== "d"));
    expect(texts()).toEqual([]);
  });

  test.each<[string, Partial<RowFields>, string]>([
    ["suspects one that lives", { state: "suspect" }, "b lives in 100, and is suspect in 100 to a"],
    ["knows an old life", { epoch: 99 }, "b lives in 100, and is alive in 99 to a"],
    [
      "knows another incarnation",
      { incarnation: 1 },
      "b is alive in 100.1 to one, and alive in 100.0 to c",
    ],
  ])("is broken where one %s", (_, how, text) => {
    const { rule, views, change, texts } = world(make);
    change("a", "b", how);
    rule.end(views);
    expect(texts()).toContain(text);
  });

  test("is broken where one has forgotten one that lives, or believes in one that does not", () => {
    const { truth, rule, views, view, texts } = world(make);
    view("a").core.rows.delete("b");
    truth.ended("d", { hasLeft: false });
    rule.end([view("a"), view("c")]);
    expect(texts().slice(0, 2)).toEqual([
      "b lives in 100, and is unknown in undefined to a",
      "d does not run, and is alive to a",
    ]);
    expect(views).toHaveLength(4);
  });
});

test("the rule that who is gone is forgotten is broken by a row that stays", () => {
  const { clock, truth, rule, view, texts } = world((some) => new GoneIsForgotten(some, 1000));
  truth.ended("b", { hasLeft: true });
  clock.now += 1000;
  rule.end([view("a")]);
  expect(texts()).toEqual([]);
  clock.now += 1;
  rule.end([view("a")]);
  expect(texts()).toEqual(["b is gone for 1001 ms, and alive to a"]);
});

test("the rule about timers is broken by one too many", () => {
  const queue = { pendingCount: 40 };
  const { rule, texts } = world((truth) => new FewTimers(truth, queue, 10));
  rule.end([]);
  expect(texts()).toEqual([]);
  queue.pendingCount = 41;
  rule.end([]);
  expect(texts()).toEqual(["41 events are still to happen to 4 nodes"]);
});

test("a rule that is broken often says so a few times", () => {
  const { change, texts } = world((truth) => new HealthyLives(truth, 5000));
  for (let count = 0; count < 20; count++) change("a", "b", { state: "dead" });
  expect(texts()).toHaveLength(5);
});
