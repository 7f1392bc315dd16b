import { Dice } from "../../sim/world/dice.js";
import type { Role } from "./life.js";

/** One SIGKILL. */
export interface Kill {
  readonly victim: Role;
  /** Whether it waits until the victim is at work; otherwise it may meet it while it starts. */
  readonly waitsForWork: boolean;
  /** How long after that, or after the victim was started. */
  readonly delayMs: number;
}

/** So many kills, the same for the same seed. Most of them come when messages are on their way everywhere. */
export function killsOf(seed: number, count: number): readonly Kill[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => ({
    victim: dice.pick(["sender", "receiver"] as const),
    waitsForWork: !dice.oneIn(START_ONE_IN),
    delayMs: dice.between(0, DELAY_MAX_MS),
  }));
}

const START_ONE_IN = 5;
const DELAY_MAX_MS = 60;
