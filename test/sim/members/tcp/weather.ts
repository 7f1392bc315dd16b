import type { Dice } from "../../world/dice.js";

/** How long what is sent takes. */
export interface Weather {
  readonly latencyMinMs: number;
  /** Of what comes on top of it. */
  readonly jitterMeanMs: number;
  /** How often one try to get a segment across fails. */
  readonly lossProbability: number;
}

export const FAIR: Weather = { latencyMinMs: 0.2, jitterMeanMs: 0.5, lossProbability: 0 };

/** How long TCP waits before it sends again what was lost; twice as long after each further try. */
export const RESEND_MS = 200;
export const RESEND_MS_MAX = 120_000;

/** Of one segment that is not lost. */
export function latencyMs({ latencyMinMs, jitterMeanMs }: Weather, dice: Dice): number {
  return latencyMinMs - jitterMeanMs * Math.log(1 - dice.float());
}

/** Of one that is sent until it gets across: to those that use TCP, what is lost is late. */
export function travelMs(weather: Weather, dice: Dice): number {
  let ms = latencyMs(weather, dice);
  if (weather.lossProbability === 0) return ms;
  for (let wait = RESEND_MS; dice.chance(weather.lossProbability); wait *= 2) {
    ms += Math.min(wait, RESEND_MS_MAX);
  }
  return ms;
}
