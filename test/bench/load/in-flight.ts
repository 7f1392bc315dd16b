/** Ends one operation of `keepInFlight`. */
export type Settle = (error?: Error | null) => void;

export interface InFlightOptions {
  /** How many operations are under way at any time. */
  readonly inFlightCount: number;
  /** No new one is begun after this. */
  readonly durationMs: number;
}

/** Begins operations so that as many as wanted are always under way; gives how many ended a second. */
export function keepInFlight(
  { inFlightCount, durationMs }: InFlightOptions,
  begin: (settle: Settle) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    let endedCount = 0;
    let underWayCount = inFlightCount;
    const settle: Settle = (error) => {
      if (error) return reject(error);
      endedCount += 1;
      const elapsedMs = performance.now() - startedAt;
      if (elapsedMs < durationMs) return begin(settle);
      underWayCount -= 1;
      if (underWayCount === 0) resolve((endedCount * 1000) / elapsedMs);
    };
    for (let count = 0; count < inFlightCount; count++) begin(settle);
  });
}
