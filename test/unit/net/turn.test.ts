import { describe, expect, it } from "vitest";
import { now } from "../../../runtime/net/clock.js";
import { Turn } from "../../../runtime/net/turn.js";

const nextTurn = () => new Promise(setImmediate);

describe("a turn of the event loop", () => {
  it("has room for so much bulk, and the next one has it again", async () => {
    const turn = new Turn(100, 100);
    expect([turn.spend(60), turn.spend(60), turn.isFull]).toEqual([true, false, true]);
    await nextTurn();
    expect([turn.isFull, turn.spend(60)]).toEqual([false, true]);
  });

  it("lets those go on who have waited longest, no more of them than there is room for", async () => {
    const turn = new Turn(100, 100);
    const order: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) turn.later(50, () => order.push(name));
    await nextTurn();
    expect(order).toEqual(["a", "b"]);
    turn.later(50, () => order.push("f"));
    await nextTurn();
    expect(order).toEqual(["a", "b", "c", "d"]);
    await nextTurn();
    expect(order).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  it("has more room for bulk while no small message has come for a while", async () => {
    const turn = new Turn(100, 1000);
    expect(turn.spend(100)).toBe(true);
    await nextTurn();
    turn.share(now());
    expect(turn.spend(100)).toBe(false);
    await nextTurn();
    expect(turn.spend(100)).toBe(false);
    turn.share(now() - 2000);
    await nextTurn();
    expect(turn.spend(100)).toBe(true);
  });

  it("counts what goes on by itself", async () => {
    const turn = new Turn(100, 100);
    const order: string[] = [];
    turn.later(0, () => {
      order.push("a");
      turn.spend(100);
    });
    turn.later(0, () => order.push("b"));
    await nextTurn();
    expect(order).toEqual(["a"]);
    await nextTurn();
    expect(order).toEqual(["a", "b"]);
  });
});
