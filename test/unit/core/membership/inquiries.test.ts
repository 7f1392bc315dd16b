import { describe, expect, it } from "vitest";
import type { Command } from "../../../../runtime/core/membership/contract.js";
import { Detector } from "../../../../runtime/core/membership/detector.js";
import type { News } from "../../../../runtime/core/membership/news.js";
import type { Verdict } from "../../../../runtime/core/membership/surroundings.js";
import { type MembershipTiming, TIMINGS } from "../../../../runtime/core/membership/timing.js";

const LIFE = { epoch: 5, incarnation: 0 };
const NEXT_LIFE = { epoch: 5, incarnation: 1 };
/** Silence only, so that a test decides who is asked and when. */
const QUIET: MembershipTiming = { ...TIMINGS.lan, probeIntervalMs: undefined };

/** A detector among others that say only what the test says. */
class Lone {
  readonly commands: Command[] = [];
  readonly verdicts: Verdict[] = [];
  readonly detector: Detector;
  /** `3100 suspect x`, with the accusers where there are any. */
  readonly found: string[] = [];
  readonly asked: string[] = [];
  now = 0;
  livingCount = 6;
  voterCount = 5;
  helpers: string[] = [];
  #lastToken = 0;

  constructor(timing = QUIET, random = () => 0.5) {
    const lone = this;
    this.detector = new Detector({
      node: "me",
      timing,
      random,
      commands: this.commands,
      verdicts: this.verdicts,
      takeToken: () => ++this.#lastToken,
      surroundings: {
        get livingCount() {
          return lone.livingCount;
        },
        voterCount: () => this.voterCount,
        helpersFor: (_, countMax) => this.helpers.slice(0, countMax),
        lifeOf: () => LIFE,
        addressOf: () => undefined,
      },
    });
  }

  /** Wakes the detector when it asks for it. */
  runUntil(until: number): this {
    for (let at = this.#take(); at <= until; at = this.#take()) {
      this.now = Math.max(this.now, at);
      this.detector.handleTimeout(this.now);
    }
    this.now = until;
    return this;
  }

  #take(): number {
    for (const command of this.commands.splice(0)) {
      if (command.kind === "ping" || command.kind === "probe") {
        this.asked.push(`${this.now} ${command.kind} ${command.to} #${command.token}`);
      }
    }
    for (const verdict of this.verdicts.splice(0)) this.found.push(this.#text(verdict));
    return this.detector.askForWake();
  }

  #text(verdict: Verdict): string {
    if (verdict.kind === "unheld") return `${this.now} unheld ${verdict.news.node}`;
    if (verdict.kind === "isolated") return `${this.now} isolated ${verdict.silentCount}`;
    const kind = verdict.kind === "tell" ? `tell-${verdict.state}` : verdict.kind;
    const by = verdict.kind === "alive" ? (verdict.helper ?? "") : verdict.accusers.join();
    return `${this.now} ${kind} ${verdict.node} ${by}`.trim();
  }
}

describe("an inquiry", () => {
  it("buries nobody on the own word alone, but asks again and again", () => {
    const lone = new Lone();
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(60_000);
    expect(lone.found).toEqual(["3100 suspect x me", "3100 tell-suspect x me"]);
    expect(lone.asked.length).toBeGreaterThan(5);
  });

  it("buries as soon as a second one accuses too, and tells of it with both names", () => {
    const lone = new Lone();
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(9000);
    lone.found.length = 0;
    lone.detector.suspected(9000, "x", LIFE, ["y"]);
    lone.runUntil(12_000);
    expect(lone.found.map((line) => line.replace(/^\S+ /, ""))).toEqual([
      "dead x me,y",
      "tell-dead x me,y",
    ]);
  });

  it("counts helpers that do not reach the member, each once", () => {
    const lone = new Lone();
    lone.helpers = ["h1", "h2", "h3", "h4"];
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(2900);
    expect(lone.asked).toEqual([
      "2600 ping x #1",
      "2800 probe h1 #2",
      "2800 probe h2 #3",
      "2800 probe h3 #4",
    ]);
    for (const token of [2, 3]) {
      lone.detector.handleProbeResult(2900, token, { target_node: "x", reachable: false });
    }
    lone.runUntil(10_000);
    expect(lone.found.slice(0, 2)).toEqual([
      "3100 suspect x h1,h2,me",
      "3100 tell-suspect x me,h1,h2",
    ]);
    const minMs = 1000 + 500 * Math.log10(6);
    expect(Number.parseFloat(lone.found[2]!)).toBeCloseTo(3100 + minMs, 0);
    expect(lone.found[2]).toMatch(/ dead x /);
    expect(lone.detector.healthScore).toBe(1);
  });

  it("asks once more before it accuses, where most have not answered", () => {
    const lone = new Lone();
    lone.helpers = ["h1", "h2"];
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(3399);
    expect(lone.asked).toEqual([
      ...["2600 ping x #1", "2800 probe h1 #2", "2800 probe h2 #3"],
      ...["3100 ping x #4", "3100 probe h1 #5", "3100 probe h2 #6"],
    ]);
    expect(lone.found).toEqual([]);
    lone.runUntil(3400);
    expect(lone.found[0]).toBe("3400 suspect x me");
  });

  it("asks no more where half of the helpers answer, or the address of the member refuses", () => {
    for (const answer of ["helper", "refused"]) {
      const lone = new Lone();
      lone.helpers = ["h1", "h2"];
      lone.detector.watch(0, "x", LIFE, 1000);
      lone.runUntil(3000);
      if (answer === "refused") lone.detector.handleNoPong(3000, 1, "refused");
      else lone.detector.handleProbeResult(3000, 3, { target_node: "x", reachable: false });
      lone.runUntil(3100);
      expect(lone.asked).toHaveLength(3);
      expect(lone.found[0]).toMatch(/^3100 suspect x/);
    }
  });

  it("ends without trace when the member, or a helper, says that it lives", () => {
    const lone = new Lone();
    lone.helpers = ["h1"];
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(2700);
    lone.detector.handlePong(2700, 1, 100);
    lone.runUntil(2700 + 2850);
    lone.detector.handleProbeResult(5550, 3, { target_node: "x", reachable: true });
    lone.runUntil(5600);
    expect(lone.found).toHaveLength(1);
    expect(lone.found[0]).toMatch(/alive x h1$/);
    expect(lone.detector.counts).toMatchObject({ inquiries: 0, questions: 0 });
  });

  it("takes a suspicion back when the member is heard after all, even late", () => {
    const lone = new Lone();
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(3200);
    lone.detector.handlePong(3200, 1, 600);
    lone.runUntil(3300);
    expect(lone.found.at(-1)).toMatch(/ alive x$/);
    expect(lone.detector.healthScore).toBe(1);
  });

  it("is as patient as the promise of its member asks for", () => {
    const lone = new Lone();
    lone.voterCount = 1;
    lone.livingCount = 1;
    lone.detector.watch(0, "x", LIFE, 10_000);
    lone.runUntil(60_000);
    expect(lone.asked).toEqual(["26000 ping x #1"]);
    expect(lone.found).toEqual([
      "31000 suspect x me",
      "31000 tell-suspect x me",
      "41000 dead x me",
      "41000 tell-dead x me",
    ]);
  });

  it("begins at once when a connection is lost, but not by the timeline of the specification", () => {
    const lone = new Lone();
    lone.detector.lost(100, "x", LIFE);
    lone.runUntil(700);
    expect(lone.asked[0]).toMatch(/ ping x/);
    expect(lone.found[0]).toBe("600 suspect x me");
    const patient = new Lone(TIMINGS.specification);
    patient.detector.lost(100, "x", LIFE);
    expect(patient.runUntil(60_000).asked).toEqual([]);
  });

  it("waits with a fourth accusation until one more is granted", () => {
    const lone = new Lone();
    const dead = ["x", "y", "z", "v"];
    for (let index = 0; index < 20; index += 1) lone.detector.watch(0, `w${index}`, LIFE, 1e9);
    for (const node of dead) lone.detector.watch(0, node, LIFE, 1000);
    lone.runUntil(5000);
    const times = lone.found
      .filter((line) => line.includes(" suspect "))
      .map((line) => Number.parseFloat(line));
    expect(times).toEqual([3100, 3100, 3100, 4100]);
  });
});

describe("another's accusation", () => {
  it("makes who watches the member ask for itself within 300 ms, and who does not wait", () => {
    const lone = new Lone(QUIET, () => 0.999);
    lone.detector.watch(0, "x", LIFE, 10_000);
    lone.detector.suspected(100, "x", LIFE, ["y"]);
    lone.detector.suspected(100, "stranger", LIFE, ["y"]);
    lone.runUntil(500);
    expect(lone.asked).toHaveLength(1);
    expect(Number.parseFloat(lone.asked[0]!)).toBeCloseTo(399.7, 5);
  });

  it("is confirmed in public only while fewer than three accusers are known", () => {
    const told = (accusers: string[]) => {
      const lone = new Lone();
      lone.detector.watch(0, "x", LIFE, 1000);
      lone.detector.suspected(100, "x", LIFE, accusers);
      lone.runUntil(2000);
      return lone.found.filter((line) => line.includes("tell-"));
    };
    expect(told(["y"])).not.toEqual([]);
    expect(told(["y", "z"])).not.toEqual([]);
    expect(told(["y", "z", "v"])).toEqual([]);
  });

  it("of one alone makes this node ask for itself in the end; the member's answer clears it", () => {
    const lone = new Lone();
    lone.detector.suspected(0, "x", LIFE, ["y"]);
    const maxMs = 4 * (1000 + 500 * Math.log10(6));
    lone.runUntil(maxMs - 50);
    expect(lone.asked).toEqual([]);
    lone.runUntil(maxMs + 50);
    expect(lone.asked).toHaveLength(1);
    lone.detector.handlePong(lone.now, 1, 1);
    lone.runUntil(60_000);
    expect(lone.found).toHaveLength(1);
    expect(lone.found[0]).toMatch(/ alive x$/);
  });

  it("of two buries, though this node never asked, and is not told again", () => {
    const lone = new Lone();
    lone.detector.suspected(0, "x", LIFE, ["y", "z"]);
    lone.runUntil(60_000);
    expect(lone.asked).toEqual([]);
    expect(lone.found).toHaveLength(1);
    expect(lone.found[0]).toMatch(/ dead x y,z$/);
  });

  it("is settled by news of a newer life, and not by an older one", () => {
    const lone = new Lone();
    lone.detector.suspected(0, "x", NEXT_LIFE, ["y", "z"]);
    lone.detector.renewed(10, "x", NEXT_LIFE);
    lone.detector.heard(10, "x", LIFE);
    expect(lone.detector.counts.inquiries).toBe(1);
    lone.detector.renewed(20, "x", { epoch: 6, incarnation: 0 });
    expect(lone.detector.counts.inquiries).toBe(0);
  });

  it("is held back while the member was heard lately, and comes back if it is not heard again", () => {
    const lone = new Lone();
    const news: News = { node: "x", state: "dead", ...LIFE, accusers: ["y", "z"] };
    lone.detector.watch(0, "x", LIFE, 1000);
    expect(lone.detector.isHeardLately(300, "x", LIFE)).toBe(true);
    lone.detector.holdBack(300, news);
    lone.runUntil(1600);
    expect(lone.asked).toHaveLength(1);
    expect(lone.found.filter((line) => line.includes("unheld"))).toEqual(["1500 unheld x"]);
  });
});

describe("what a detector keeps", () => {
  it("is nothing after 10,000 peers came, were doubted, and went", () => {
    const lone = new Lone(TIMINGS.lan);
    lone.helpers = ["h1", "h2", "h3"];
    for (let index = 0; index < 10_000; index += 1) {
      const node = `node-${index}`;
      const now = 10 * index;
      lone.detector.watch(now, node, LIFE, 1000);
      lone.detector.lost(now, node, LIFE);
      lone.detector.suspected(now, node, LIFE, ["y"]);
      lone.runUntil(now + 10);
      if (index >= 100) lone.detector.gone(`node-${index - 100}`);
    }
    for (let index = 9_900; index < 10_000; index += 1) lone.detector.gone(`node-${index}`);
    expect(lone.detector.counts).toEqual({ watched: 0, inquiries: 0, questions: 0, errands: 0 });
    lone.runUntil(200_000);
    expect(lone.detector.askForWake()).toBe(Number.POSITIVE_INFINITY);
  });

  it("is nothing when there never was anybody: it asks for no wake-up", () => {
    expect(new Lone(TIMINGS.lan).detector.askForWake()).toBe(Number.POSITIVE_INFINITY);
  });

  it("wakes at least twice a second while it watches, so that no stall goes unnoticed", () => {
    const lone = new Lone();
    lone.detector.watch(0, "x", LIFE, 1000);
    expect(lone.detector.askForWake()).toBe(500);
  });
});

describe("a gap of 10 s between two calls", () => {
  it("passes for half a second, costs three points of health, and accuses nobody", () => {
    const lone = new Lone();
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(2400);
    lone.detector.handleTimeout(12_400);
    expect(lone.detector.askForWake()).toBeCloseTo(12_480, 1);
    expect(lone.detector.healthScore).toBe(3);
    lone.detector.heard(12_401, "x", LIFE, 1000);
    lone.now = 12_401;
    lone.runUntil(14_900);
    expect(lone.asked).toEqual([]);
    expect(lone.found).toEqual([]);
  });

  it("does not judge in the turn of the event loop in which it wakes up", () => {
    const lone = new Lone();
    lone.detector.watch(0, "x", LIFE, 1000);
    lone.runUntil(3090);
    lone.detector.handleTimeout(13_090);
    lone.detector.handleTimeout(13_095);
    expect(lone.verdicts).toEqual([]);
    lone.detector.handlePong(13_096, 1, 5);
    lone.now = 13_096;
    lone.runUntil(13_500);
    expect(lone.found).toEqual([]);
  });
});
