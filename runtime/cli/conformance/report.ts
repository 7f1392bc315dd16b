import { type GroupedCase, KINDS, type Kind } from "../../conformance/table.js";
import type { Verdict } from "../../conformance/verdict.js";
import { counted } from "../print.js";

/** What a person reads of a run: a line for each group as soon as it is through, and what failed at the end. */
export class Report {
  readonly #columns: number;
  /** How many cases of each group are still to come. */
  readonly #left = new Map<string, number>();
  readonly #verdicts: Verdict[] = [];
  readonly #headed = new Set<Kind>();
  readonly #beganAt = performance.now();

  /** `columns`: how wide a line may be. */
  constructor(cases: readonly GroupedCase[], columns: number) {
    this.#columns = columns;
    for (const each of cases) {
      this.#left.set(nameOf(each), (this.#left.get(nameOf(each)) ?? 0) + 1);
    }
  }

  get hasFailures(): boolean {
    return this.#of("failed").length > 0;
  }

  /** Takes a verdict; the lines to print now. */
  take(verdict: Verdict): string[] {
    const name = nameOf(verdict);
    const left = this.#left.get(name)! - 1;
    this.#left.set(name, left);
    this.#verdicts.push(verdict);
    if (left > 0) return [];
    const { kind, group } = verdict;
    const lines = this.#headed.has(kind) ? [] : [HEADS[kind]];
    this.#headed.add(kind);
    const own = this.#verdicts.filter((each) => nameOf(each) === name);
    lines.push(`  ${group.padEnd(GROUP_WIDTH)}${tally(own)}`);
    return lines;
  }

  /** The lines to print when all is over. */
  summary(): string[] {
    const failed = this.#of("failed");
    const seconds = ((performance.now() - this.#beganAt) / 1000).toFixed(1);
    const text = `${counted(this.#verdicts.length, "case")} in ${seconds} s: ${tally(this.#verdicts)}`;
    return [...failed.flatMap((each) => this.#failure(each)), "", text, ...this.#hint()];
  }

  #failure({ id, title, reason = "", spec }: Verdict): string[] {
    const sections = spec.length === 1 ? `section ${spec[0]}` : `sections ${spec.join(", ")}`;
    const told = wrapped(`${reason}; SPEC.md, ${sections}`, this.#columns - INDENT.length);
    return ["", cut(`${id}: ${title}`, this.#columns), ...told.map((line) => INDENT + line)];
  }

  #hint(): string[] {
    const skipped = this.#of("skipped").length;
    return skipped === 0 ? [] : ["A case that was skipped does not count; --json says why it was."];
  }

  #of(verdict: Verdict["verdict"]): Verdict[] {
    return this.#verdicts.filter((each) => each.verdict === verdict);
  }
}

const HEADS: Readonly<Record<Kind, string>> = {
  legal: "What a peer serves",
  illegal: "What a peer refuses",
};
const GROUP_WIDTH = 16;
const INDENT = "    ";

function nameOf({ kind, group }: Pick<Verdict, "kind" | "group">): string {
  return `${KINDS.indexOf(kind)}/${group}`;
}

/** `51 passed, 1 failed`; what there is none of is left out. */
function tally(verdicts: readonly Verdict[]): string {
  const words = (["passed", "failed", "skipped"] as const).map((each) => {
    const count = verdicts.filter(({ verdict }) => verdict === each).length;
    return count === 0 ? [] : [`${count} ${each}`];
  });
  return words.flat().join(", ");
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

/** A text in lines that fit, broken between words; a word that fits on none is cut. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(cut(word, columns));
  }
  return lines;
}
