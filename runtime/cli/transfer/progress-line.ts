import type { InstanceProgress } from "../../index.js";

export interface ProgressView {
  readonly progress: InstanceProgress;
  readonly from: string;
  readonly to: string;
  /** `undefined` while that is not known. */
  readonly bytesPerSecond: number | undefined;
}

/**
 * One line for people, at most `columns` wide: the bar takes what the figures leave, and where there is not
 * enough room for both, the less important figures go first.
 */
export function progressLine(view: ProgressView, columns: number): string {
  const { instance_id, bytes, total_bytes } = view.progress;
  const title = `${instance_id}  ${view.from} → ${view.to}`;
  const percent = `${Math.floor(share(bytes, total_bytes) * 100)}%`.padStart(4);
  const figures = [percent, ...details(view)];
  while (figures.length > 1 && width([title, ...figures]) + BAR_MIN > columns) figures.pop();
  const isTitled = width([title, ...figures]) <= columns;
  const parts = isTitled ? [title, ...figures] : figures;
  const room = Math.min(BAR_MAX, columns - width(parts) - GAP.length);
  if (isTitled && room >= BAR_MIN) parts.splice(1, 0, bar(share(bytes, total_bytes), room));
  return parts.join(GAP).slice(0, columns);
}

/** `1.5 GiB`: as many digits as mean something. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${UNITS[unit]}`;
}

/** `3 s`, `2 min 5 s`, `1 h 20 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** In seconds; `undefined` while the rate is not known, or nothing moves. */
export function secondsLeft({ progress, bytesPerSecond }: ProgressView): number | undefined {
  if (bytesPerSecond === undefined || bytesPerSecond <= 0) return undefined;
  return (progress.total_bytes - progress.bytes) / bytesPerSecond;
}

function details(view: ProgressView): string[] {
  const { bytes, total_bytes, state } = view.progress;
  if (state !== "transferring") return [state === "starting" ? "starting there" : "done"];
  if (total_bytes === 0) return ["stopping it"];
  const left = secondsLeft(view);
  return [
    ...(left === undefined ? [] : [`${formatSeconds(left)} left`]),
    ...(view.bytesPerSecond === undefined ? [] : [`${formatBytes(view.bytesPerSecond)}/s`]),
    `${formatBytes(bytes)} of ${formatBytes(total_bytes)}`,
  ];
}

function bar(part: number, size: number): string {
  const full = Math.round(part * size);
  return "█".repeat(full) + "░".repeat(size - full);
}

function share(bytes: number, total: number): number {
  return total === 0 ? 0 : bytes / total;
}

function width(parts: readonly string[]): number {
  return parts.join(GAP).length;
}

const GAP = "  ";
const BAR_MIN = 10;
const BAR_MAX = 40;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
