import { expect, test } from "vitest";
import { killsOf } from "./kills.js";
import { Pair } from "./pair.js";

/** `make kills SEED=N KILLS=N` sets them. */
const { SEED, KILLS } = process.env;
const COUNT = Number(KILLS || 60);
/** A kill costs a quarter of a second on a machine that is free. */
const TIMEOUT_MS = 60_000 + 2000 * COUNT;

test(`what was delivered at-least-once has been handled, though either side is killed ${COUNT} times`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const seed = Number(SEED || Date.now() % 2 ** 31);
  console.log(`to kill at the same moments again: make kills SEED=${seed} KILLS=${COUNT}`);
  const pair = await Pair.start();
  for (const kill of killsOf(seed, COUNT)) await pair.kill(kill);
  await pair.finish();
  console.log(pair.ledger.summary());
  expect(pair.ledger.faults()).toEqual([]);
  expect(pair.ledger.deliveredCount).toBeGreaterThan(COUNT);
});
