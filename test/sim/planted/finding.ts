/** How many worlds are looked through for a fault. */
export const SEED_COUNT_MAX = 2000;

/** The first world that shows a fault. */
export interface Finding {
  readonly name: string;
  readonly seed: number | undefined;
  /** All that it breaks there. */
  readonly rules: readonly string[];
}
