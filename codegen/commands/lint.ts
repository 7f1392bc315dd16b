import { Command } from "commander";
import { mend } from "../lint/mend.js";
import type { Finding } from "../lint/rule.js";
import { RULES } from "../lint/rules/index.js";
import { lint } from "../lint/run.js";
import { problemText } from "../problem.js";
import { counted, succeeds } from "./outcome.js";

interface LintFlags {
  readonly schema: string;
  readonly fix?: boolean;
  readonly json?: boolean;
  readonly rules?: boolean;
}

/** `rnp-gen lint`: advice on schemas. */
export function lintCommand(): Command {
  return new Command("lint")
    .description("say what schemas could do better; fail if there is anything")
    .option("--schema <dir>", "folder with the schemas", "schema")
    .option("--fix", "mend what can be mended without a change of meaning")
    .option("--json", "one JSON object a line for each finding")
    .option("--rules", "list the rules and do nothing else")
    .action(run);
}

async function run(flags: LintFlags): Promise<void> {
  if (flags.rules === true) return printRules(flags);
  process.exitCode = (await succeeds(() => lintOnce(flags))) ? 0 : 1;
}

function printRules({ json }: LintFlags): void {
  for (const { id, about, mend } of RULES) {
    const isFixable = mend !== undefined;
    if (json === true) console.log(JSON.stringify({ rule: id, about, isFixable }));
    else console.log(`${id.padEnd(20)}${about}${isFixable ? " (--fix)" : ""}`);
  }
}

async function lintOnce(flags: LintFlags): Promise<boolean> {
  const today = new Date().toISOString().slice(0, 10);
  const found = await lint(flags.schema, today);
  const mended = flags.fix === true ? await mend(flags.schema, found) : [];
  const left = mended.length > 0 ? await lint(flags.schema, today) : found;
  for (const finding of left) print(finding, flags);
  if (flags.json !== true) console.log(summary(left, mended));
  return left.length === 0;
}

function print(finding: Finding, { json }: LintFlags): void {
  if (json === true) console.log(JSON.stringify(finding));
  else console.log(`${problemText(finding)} (${finding.rule})`);
}

function summary(left: readonly Finding[], mended: readonly string[]): string {
  const fixable = left.filter(({ isFixable }) => isFixable).length;
  const parts = [left.length === 0 ? "nothing to say" : counted(left.length, "finding")];
  if (mended.length > 0) parts.unshift(`mended ${counted(mended.length, "file")}`);
  if (fixable > 0) parts.push(`${fixable} of them --fix can mend`);
  return parts.join(", ");
}
