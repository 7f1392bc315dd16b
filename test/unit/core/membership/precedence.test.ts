import { describe, expect, it } from "vitest";
import type { MemberState, News } from "../../../../runtime/core/membership/news.js";
import { judge, PRECEDENCE, UNKNOWN } from "../../../../runtime/core/membership/precedence.js";

const STATES = ["alive", "suspect", "dead", "left"] as const;
const ROW_LIFE = { epoch: 100, incarnation: 5 };
/** A life for each relation, where the higher epoch has the lower incarnation and the other way round. */
const LIVES = [
  { relation: "older-epoch", epoch: 99, incarnation: 9 },
  { relation: "older", epoch: 100, incarnation: 4 },
  { relation: "same", epoch: 100, incarnation: 5 },
  { relation: "newer", epoch: 100, incarnation: 6 },
  { relation: "newer-epoch", epoch: 101, incarnation: 0 },
] as const;

const FINALITY: readonly MemberState[] = ["alive", "suspect", "dead", "left"];

/** The same order in words: later lives first, then what is more final; only doubts can be held back. */
function expected(row: MemberState | undefined, at: (typeof LIVES)[number], told: MemberState) {
  if (row === undefined) return told === "alive" ? "accept" : "ignore";
  const accepted = told === "suspect" || told === "dead" ? "hold" : "accept";
  const [age, restart] = [at.incarnation - ROW_LIFE.incarnation, at.epoch - ROW_LIFE.epoch];
  if (restart !== 0) return restart > 0 ? accepted : "ignore";
  if (age !== 0) return age > 0 ? accepted : "ignore";
  if (row === "suspect" && told === "suspect") return "confirm";
  return FINALITY.indexOf(told) > FINALITY.indexOf(row) ? accepted : "ignore";
}

const CELLS = STATES.flatMap((state) =>
  LIVES.flatMap((life) => STATES.map((told) => ({ state, life, told }))),
);

function verdictOn(
  state: MemberState | undefined,
  life: (typeof LIVES)[number],
  told: MemberState,
) {
  const { epoch, incarnation } = life;
  const news: News = { node: "a", state: told, epoch, incarnation };
  return judge(state === undefined ? undefined : { ...ROW_LIFE, state }, news);
}

describe("precedence", () => {
  it("has 84 cells, 80 for known members and 4 for unknown ones", () => {
    const cells = Object.values(PRECEDENCE).flatMap((row) => Object.values(row));
    expect([...cells, UNKNOWN].flatMap((cell) => Object.values(cell))).toHaveLength(84);
    expect(CELLS).toHaveLength(80);
  });

  for (const { state, life, told } of CELLS) {
    const verdict = expected(state, life, told);
    it(`${told} of ${life.relation} life meets ${state}: ${verdict}`, () => {
      expect(verdictOn(state, life, told)).toBe(verdict);
    });
  }

  for (const told of STATES) {
    const verdict = expected(undefined, LIVES[2], told);
    it(`${told} of any life meets nothing: ${verdict}`, () => {
      for (const life of LIVES) expect(verdictOn(undefined, life, told)).toBe(verdict);
    });
  }

  it("does not depend on the order in which news of one member comes", () => {
    const news = LIVES.flatMap((life) => STATES.map((told) => ({ ...life, state: told })));
    for (const first of news) {
      for (const second of news) expect(after(first, second)).toEqual(after(second, first));
    }
  });
});

/** What a row that was there before holds after both, where nothing was heard lately. */
function after(...told: { epoch: number; incarnation: number; state: MemberState }[]) {
  let row = { epoch: 98, incarnation: 0, state: "alive" as MemberState };
  for (const { epoch, incarnation, state } of told) {
    const verdict = judge(row, { node: "a", state, epoch, incarnation });
    if (verdict === "accept" || verdict === "hold") row = { epoch, incarnation, state };
  }
  return row;
}
