import type { Waivable } from "../waivers.js";

/**
 * Whom a change touches:
 * `wire` neither version reads the other, `reader` this version refuses what an old one sends,
 * `writer` an old one refuses what this one sends, `source` programs in TypeScript,
 * `semantics` what is promised or meant.
 */
export type Effect = "wire" | "reader" | "writer" | "source" | "semantics";

/** What one change does in one regard. */
export interface Verdict extends Waivable {
  readonly effect: Effect;
  /** Whether something that worked stops working. */
  readonly breaks: boolean;
  readonly why: string;
  /** What to do in its place, or about it. */
  readonly instead: string;
}

/** What a rule says; where it says it comes from whoever asks it. */
export type Judgement = Omit<Verdict, "file" | "place">;
