import type { Read } from "../pipeline.js";
import type { PatternJudge } from "./patterns.js";

/** What the rules look at: the schemas of before and of now. */
export interface Versions {
  readonly old: Read;
  readonly now: Read;
  readonly isPatternWithin: PatternJudge;
}
