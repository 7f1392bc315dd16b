/** The middle of some numbers: a stray one does not move it. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * The smallest of some numbers that a share of `quantile` (0 to 1) of them does not pass: 0.99 of a hundred
 * numbers is the second largest.
 */
export function percentile(values: readonly number[], quantile: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? Number.NaN;
}

/** The median over all rounds of how many times as much `ours` was as `theirs` in the same round. */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

/** The mean of ratios: twice as fast and half as fast make one. */
export function geometricMean(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + Math.log(value), 0);
  return Math.exp(sum / values.length);
}

/** Rounded to as many digits as a measurement is good for. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}
