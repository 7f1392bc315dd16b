import { Community } from "../scenarios/community.js";
import { Victims } from "./victims.js";

export interface QuietOptions {
  readonly seed: number;
  readonly count: number;
  readonly durationMs: number;
  /** Told now and then how much of it has passed, ms. */
  readonly progress?: (ms: number) => void;
}

export interface Quiet {
  readonly nodes: number;
  readonly simulated_hours: number;
  readonly events: number;
  readonly false_suspicions: number;
  readonly false_deaths: number;
}

const PROGRESS_MS = 60_000;

/** A time in which nothing is wrong with anybody, and what they come to believe of each other all the same. */
export function measureQuiet({ durationMs, progress, ...options }: QuietOptions): Quiet {
  const community: Community = new Community({
    ...options,
    dissemination: "auto",
    isJudged: false,
    see: (shell, output) => victims.see(shell, output),
  });
  const victims = new Victims(community.world);
  community.begin();
  while (community.now < durationMs) {
    community.run(Math.min(PROGRESS_MS, durationMs - community.now));
    progress?.(community.now);
  }
  return {
    nodes: options.count,
    simulated_hours: durationMs / 3_600_000,
    events: community.world.engine.eventCount,
    false_suspicions: victims.falseSuspicionCount,
    false_deaths: victims.falseDeathCount,
  };
}
