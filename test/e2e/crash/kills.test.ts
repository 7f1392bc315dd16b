import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/certificates.js";
import { atLeastOnceFaults, exactlyOnceFaults } from "./faults.js";
import { killsOf } from "./kills.js";
import { readOutcome } from "./outcome.js";
import { Pair, type PairOptions } from "./pair.js";

/** `make kills SEED=N KILLS=N` sets them. */
const { SEED, KILLS } = process.env;
/** What a process forgets without a store shows soon. */
const COUNT_WITHOUT_STORES = Number(KILLS || 40);
const COUNT = Number(KILLS || 200);

/** A kill costs a quarter of a second on a machine that is free. */
const patience = (count: number) => ({ timeout: 60_000 + 2000 * count });

/** A sender and a receiver that have been killed `count` times, and have come to their end. */
async function killed(count: number, options: PairOptions): Promise<Pair> {
  const seed = Number(SEED || Date.now() % 2 ** 31);
  console.log(`to kill at the same moments again: make kills SEED=${seed} KILLS=${count}`);
  const pair = await Pair.start(options);
  for (const kill of killsOf(seed, count)) await pair.kill(kill);
  await pair.finish();
  for (const lane of options.lanes) console.log(`${lane}: ${pair.ledgers[lane].summary()}`);
  return pair;
}

test(`what was delivered at-least-once has been handled, though a process is killed ${COUNT_WITHOUT_STORES} times`, {
  ...patience(COUNT_WITHOUT_STORES),
}, async () => {
  const { ledgers } = await killed(COUNT_WITHOUT_STORES, { lanes: ["least"] });
  expect(atLeastOnceFaults(ledgers.least)).toEqual([]);
  expect(ledgers.least.delivered.size).toBeGreaterThan(COUNT_WITHOUT_STORES);
});

test(`what was promised exactly-once has one effect, though a process is killed ${COUNT} times`, {
  ...patience(COUNT),
}, async () => {
  const stores = { sender: await temporaryFolder(), receiver: await temporaryFolder() };
  const { ledgers } = await killed(COUNT, { lanes: ["least", "once", "outbox"], stores });
  const outcome = await readOutcome(stores);
  console.log(`${outcome.onceRuns.size + outcome.outboxRuns.size} effects`);
  expect(exactlyOnceFaults(ledgers.once, ledgers.outbox, outcome)).toEqual([]);
  expect(atLeastOnceFaults(ledgers.least)).toEqual([]);
  for (const { delivered, accepted } of Object.values(ledgers)) {
    expect(delivered.size + accepted.size).toBeGreaterThan(COUNT);
  }
});
