import { beforeEach, describe, expect, it } from "vitest";
import {
  compareLife,
  type MemberState,
  type News,
} from "../../../../runtime/core/membership/news.js";
import { judge } from "../../../../runtime/core/membership/precedence.js";
import { OwnLife } from "../../../../runtime/core/membership/self.js";

const HERE = "10.0.0.1:7946";
const ELSEWHERE = "10.0.0.2:7946";
const DOUBTS = ["suspect", "dead", "left"] as const;

function newsOfMe(state: MemberState, epoch: number, incarnation = 0, address?: string): News {
  const news = { node: "me", state, epoch, incarnation };
  return address === undefined ? news : { ...news, address };
}

describe("the own life", () => {
  let own: OwnLife;

  beforeEach(() => {
    own = new OwnLife({ epoch: 100, address: HERE, heartbeatIntervalMs: 1000 });
  });

  it.each(DOUBTS)("refutes at once that it is %s, by a life that overrules the doubt", (state) => {
    const doubt = newsOfMe(state, 100, 0);
    expect(own.handleNews(0, doubt)).toBe("refuted");
    expect(own.life).toEqual({ epoch: 100, incarnation: 1 });
    const answer: News = { node: "me", state: "alive", ...own.life };
    expect(judge(doubt, answer)).toBe("accept");
    expect(judge(answer, doubt)).toBe("ignore");
  });

  it("goes beyond a life that was made up, at any height", () => {
    own.handleNews(0, newsOfMe("dead", 100, 41));
    expect(own.life).toEqual({ epoch: 100, incarnation: 42 });
    own.handleNews(1000, newsOfMe("dead", 100, Number.MAX_SAFE_INTEGER));
    expect(own.life).toEqual({ epoch: 101, incarnation: 0 });
  });

  it("leaves alone what is said of earlier lives, and what is true", () => {
    own.handleNews(0, newsOfMe("suspect", 100, 4));
    for (const state of DOUBTS) {
      expect(own.handleNews(9000, newsOfMe(state, 100, 4))).toBe("nothing");
      expect(own.handleNews(9000, newsOfMe(state, 99, 9))).toBe("nothing");
    }
    expect(own.handleNews(9000, newsOfMe("alive", 100, 5, HERE))).toBe("nothing");
    expect(own.handleNews(9000, newsOfMe("alive", 99, 9, ELSEWHERE))).toBe("nothing");
    expect(own.life).toEqual({ epoch: 100, incarnation: 5 });
  });

  it("begins at most one life in half a heartbeat interval, however many doubts come", () => {
    let raised = 0;
    for (let now = 0; now < 10_000; now++) {
      if (own.handleNews(now, newsOfMe("dead", 100, own.life.incarnation)) === "refuted") raised++;
      if (now >= own.dueAt && own.handleTimeout(now)) raised++;
    }
    expect(raised).toBe(20);
    expect(own.life.incarnation).toBe(20);
  });

  it("answers all doubts that came in between by one life", () => {
    own.handleNews(0, newsOfMe("suspect", 100, 0));
    expect(own.handleNews(100, newsOfMe("dead", 100, 7))).toBe("deferred");
    expect(own.handleNews(200, newsOfMe("suspect", 100, 3))).toBe("deferred");
    expect([own.life.incarnation, own.dueAt]).toEqual([1, 500]);
    expect(own.handleTimeout(499)).toBe(false);
    expect(own.handleTimeout(500)).toBe(true);
    expect([own.life.incarnation, own.dueAt]).toEqual([8, Number.POSITIVE_INFINITY]);
    expect(own.handleTimeout(5000)).toBe(false);
  });

  it("is later than an earlier process whose clock ran ahead", () => {
    expect(own.handleNews(0, newsOfMe("alive", 5000, 3, HERE))).toBe("renewed");
    expect(own.life).toEqual({ epoch: 5001, incarnation: 0 });
    expect(own.handleNews(1000, newsOfMe("dead", 6000, 3))).toBe("renewed");
    expect(own.life).toEqual({ epoch: 6001, incarnation: 0 });
  });

  it("is silent about an epoch after which there is none", () => {
    const last = 253_402_300_799_999;
    expect(own.handleNews(0, newsOfMe("dead", last))).toBe("nothing");
    own.handleNews(0, newsOfMe("dead", last - 1));
    expect(own.handleNews(9000, newsOfMe("dead", last, Number.MAX_SAFE_INTEGER))).toBe("nothing");
    expect(own.life).toEqual({ epoch: last, incarnation: 0 });
  });

  it("gives way to a later process that is there, and says nothing more", () => {
    expect(own.handleNews(0, newsOfMe("alive", 200, 0, ELSEWHERE))).toBe("twin");
    expect(own.settleTwin(50, true)).toBe("nothing");
    expect(own.standing).toBe("superseded");
    expect(own.handleNews(99_000, newsOfMe("dead", 200, 7))).toBe("nothing");
    expect(own.life).toEqual({ epoch: 100, incarnation: 0 });
  });

  it("takes over from a later life where nobody is, and from the latest told meanwhile", () => {
    own.handleNews(0, newsOfMe("alive", 200, 0, ELSEWHERE));
    expect(own.handleNews(10, newsOfMe("alive", 300, 0, ELSEWHERE))).toBe("nothing");
    expect(own.handleNews(20, newsOfMe("alive", 250, 0, ELSEWHERE))).toBe("nothing");
    expect(own.settleTwin(50, false)).toBe("renewed");
    expect([own.life.epoch, own.standing]).toEqual([301, "member"]);
  });

  it.each([
    ["10.0.0.2:7946", "superseded"],
    ["10.0.0.0:7946", "member"],
  ])("of two that began together the one at the greater address stays: %s", (address, standing) => {
    expect(own.handleNews(0, newsOfMe("alive", 100, 0, address))).toBe("twin");
    own.settleTwin(50, true);
    expect(own.standing).toBe(standing);
  });

  it("asks after twins once a minute at most", () => {
    const twin = newsOfMe("alive", 100, 0, "10.0.0.0:7946");
    own.handleNews(0, twin);
    own.settleTwin(50, true);
    expect(own.handleNews(59_999, twin)).toBe("nothing");
    expect(own.handleNews(60_000, twin)).toBe("twin");
  });

  it("answers nothing after it left, not even what was deferred", () => {
    own.handleNews(0, newsOfMe("suspect", 100, 0));
    own.handleNews(1, newsOfMe("suspect", 100, 1));
    const { life } = own;
    own.leave();
    expect(own.dueAt).toBe(Number.POSITIVE_INFINITY);
    expect(own.handleTimeout(9000)).toBe(false);
    expect(own.handleNews(9000, newsOfMe("dead", 100, 9))).toBe("nothing");
    expect(own.settleTwin(9000, true)).toBe("nothing");
    expect([own.standing, compareLife(own.life, life)]).toEqual(["left", 0]);
  });
});
