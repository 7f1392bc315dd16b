import type { DisseminationName } from "../../../runtime/core/membership/contract.js";
import { type Churn, type ChurnOptions, measureChurn } from "../../sim/members/measure/churn.js";
import {
  type Detection,
  type DetectionOptions,
  measureDetection,
} from "../../sim/members/measure/detection.js";
import { type Load, type LoadOptions, measureLoad } from "../../sim/members/measure/load.js";
import {
  type Accused,
  type LocalHealthOptions,
  measureLocalHealth,
} from "../../sim/members/measure/local-health.js";
import { measureQuiet, type Quiet, type QuietOptions } from "../../sim/members/measure/quiet.js";

/** What is to be measured, for a process that does nothing else. */
export type Job =
  | { readonly kind: "detection"; readonly options: DetectionOptions }
  | { readonly kind: "load"; readonly options: LoadOptions }
  | { readonly kind: "health"; readonly options: LocalHealthOptions }
  | { readonly kind: "day"; readonly options: QuietOptions }
  | { readonly kind: "churn"; readonly options: ChurnOptions };

/** What came of it, and how long that took. */
export type Done = { readonly wall_s: number } & (
  | { readonly kind: "detection"; readonly count: number; readonly mode: Mode; found: Detection }
  | { readonly kind: "load"; readonly count: number; readonly mode: Mode; found: Load }
  | { readonly kind: "health"; readonly localHealth: boolean; readonly found: Accused }
  | { readonly kind: "day"; readonly found: Quiet }
  | { readonly kind: "churn"; readonly found: Churn }
);

type Mode = DisseminationName;

const HOUR_MS = 3_600_000;

export function carryOut(job: Job): Done {
  const startedAt = performance.now();
  const wall = () => ({ wall_s: (performance.now() - startedAt) / 1000 });
  switch (job.kind) {
    case "detection": {
      const { count, dissemination: mode } = job.options;
      return { kind: "detection", count, mode, found: measureDetection(job.options), ...wall() };
    }
    case "load": {
      const { count, dissemination: mode } = job.options;
      return { kind: "load", count, mode, found: measureLoad(job.options), ...wall() };
    }
    case "health": {
      const { localHealth } = job.options;
      return { kind: "health", localHealth, found: measureLocalHealth(job.options), ...wall() };
    }
    case "day": {
      const progress = rarely((ms) => `${(ms / HOUR_MS).toFixed(2)} h of the day`);
      return { kind: "day", found: measureQuiet({ ...job.options, progress }), ...wall() };
    }
    case "churn": {
      const progress = rarely((day) => `day ${day} of the restarts`);
      return { kind: "churn", found: measureChurn({ ...job.options, progress }), ...wall() };
    }
  }
}

const PROGRESS_INTERVAL_MS = 10_000;

/** Says how far it has come, now and then. */
function rarely(text: (progress: number) => string): (progress: number) => void {
  let saidAt = performance.now();
  return (progress) => {
    if (performance.now() < saidAt + PROGRESS_INTERVAL_MS) return;
    saidAt = performance.now();
    console.error(text(progress));
  };
}
