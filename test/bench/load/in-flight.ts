/** Ends one operation of `keepInFlight`. */
export type Settle = (error?: Error | null) => void;

export interface InFlightOptions {
  /** How many operations are under way at any time. */
  readonly inFlightCount: number;
  /** No new one is begun after this. */
  readonly durationMs: number;
}

/** What came of `keepInFlight`. */
export interface Ended {
  readonly count: number;
  /** From the first one's beginning until the last one's end. */
  readonly seconds: number;
}

/** Begins operations so that as many as wanted are always under way. */
export function keepInFlight(
  { inFlightCount, durationMs }: InFlightOptions,
  begin: (settle: Settle) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let count = 0;
    let underWayCount = inFlightCount;
    const settle: Settle = (error) => {
      if (error) return reject(error);
      count += 1;
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs < durationMs) return begin(settle);
      underWayCount -= 1;
      if (underWayCount === 0) resolve({ count, seconds: elapsedMs / 1000 });
    };
    for (let begun = 0; begun < inFlightCount; begun++) begin(settle);
  });
}
