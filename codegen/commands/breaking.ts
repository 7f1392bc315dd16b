import { Command } from "commander";
import { compareVersions } from "../compat/compare.js";
import { patternJudge } from "../compat/patterns.js";
import type { Verdict } from "../compat/verdict.js";
import { load } from "../load.js";
import { loadRefa } from "../peers.js";
import { readSchemas } from "../pipeline.js";
import { problemText } from "../problem.js";
import { schemasOf } from "../source/schema-source.js";
import { loadWaivers, unwaived } from "../waivers.js";
import { counted, succeeds } from "./outcome.js";

interface BreakingFlags {
  readonly against: string;
  readonly schema: string;
  readonly json?: boolean;
}

/** `rnp-gen breaking`: what a change of schemas breaks. */
export function breakingCommand(): Command {
  return new Command("breaking")
    .description(
      "compare schemas with an earlier version; fail if something that worked no longer does",
    )
    .requiredOption(
      "--against <source>",
      "the earlier version: a folder, a bundle (.tgz) or a git commit, branch or tag",
    )
    .option("--schema <dir>", "folder with the schemas", "schema")
    .option("--json", "one JSON object a line for each verdict")
    .action(run);
}

async function run(flags: BreakingFlags): Promise<void> {
  process.exitCode = (await succeeds(() => compareOnce(flags))) ? 0 : 1;
}

async function compareOnce({ against, schema, json }: BreakingFlags): Promise<boolean> {
  const old = await readSchemas(await schemasOf(against, schema));
  const now = await readSchemas(await load(schema));
  const isPatternWithin = patternJudge(await loadRefa());
  const verdicts = compareVersions({ old, now, isPatternWithin });
  const harmless = verdicts.filter(({ breaks }) => !breaks);
  const waivers = await loadWaivers(schema, "breaking");
  const today = new Date().toISOString().slice(0, 10);
  const breaking = verdicts.filter(({ breaks }) => breaks);
  const { left, idle } = unwaived(breaking, waivers, "breaking", today);
  for (const verdict of [...left, ...harmless]) print(verdict, json === true);
  for (const problem of idle) console.error(problemText(problem));
  if (json !== true) console.log(summary(left.length, breaking.length, harmless.length));
  return left.length === 0;
}

function print(verdict: Verdict, isJson: boolean): void {
  if (isJson) return console.log(JSON.stringify(verdict));
  const { rule, effect, breaks, why, instead } = verdict;
  console.log(`${breaks ? "breaks" : "bears "} ${effect}: ${problemText(verdict)} (${rule})`);
  console.log(`       ${why}`);
  if (breaks) console.log(`       ${instead}`);
}

function summary(left: number, breaking: number, harmless: number): string {
  const waived = breaking - left;
  const parts = [left === 0 ? "nothing breaks" : `${counted(left, "verdict")} of what breaks`];
  if (waived > 0) parts.push(`${waived} waived`);
  if (harmless > 0) parts.push(`${harmless} of what does not`);
  return parts.join(", ");
}
