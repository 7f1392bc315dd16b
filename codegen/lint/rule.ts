import type { Links } from "../link.js";
import type { Model } from "../model.js";
import type { Problem } from "../problem.js";
import type { Schema } from "../schema.js";
import type { Value } from "./values.js";

/** A piece of advice, or what stands in the way of generating code. */
export interface Finding extends Problem {
  /** The rule that says so; `gen` for what `rnp-gen gen` refuses too. */
  readonly rule: string;
  readonly severity: "error" | "advice";
  /** Whether `--fix` mends it. */
  readonly isFixable: boolean;
}

/** What the rules look at: schemas that `gen` takes. */
export interface LintContext {
  readonly links: Links;
  readonly model: Model;
  /** Every schema of a value in them, once each. */
  readonly values: readonly Value[];
}

/** Where a rule found something; `segments` lead on from the place. */
export type Report = (
  place: { readonly file: string; readonly pointer: string },
  segments: readonly string[],
  text: string,
) => void;

/** One piece of advice on schemas. Whatever it finds, code can be generated all the same. */
export interface Rule {
  /** Names it in output and waivers. */
  readonly id: string;
  /** What it asks for, and why: one sentence. */
  readonly about: string;
  check(context: LintContext, report: Report): void | Promise<void>;
  /** The root of a file with all that the rule finds in it mended. Only where no meaning can change. */
  mend?(root: Schema, file: string): Schema;
}
