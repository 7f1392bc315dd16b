import { machine } from "../machine.js";
import { processMs } from "../process.js";
import { median, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

const RUN_COUNT = 15;

/** As modules that are run from the package's own folder, where its name leads to `dist`. */
const EMPTY = moduleOf("");
const IMPORT = moduleOf('await import("@rads/rnp");');

/** What importing the package adds to the start of a process. */
export const startup: Suite = {
  name: "startup",
  description: "importing the package in a fresh process",
  run: runStartup,
};

async function runStartup(): Promise<Report> {
  const empty: number[] = [];
  const imported: number[] = [];
  await processMs(...IMPORT);
  for (let run = 0; run < RUN_COUNT; run++) {
    empty.push(await processMs(...EMPTY));
    imported.push(await processMs(...IMPORT));
  }
  const figures = {
    import_ms: rounded(median(imported.map((time, run) => time - (empty[run] ?? Number.NaN)))),
    process_with_import_ms: rounded(median(imported)),
    empty_process_ms: rounded(median(empty)),
    runs: RUN_COUNT,
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return { result: { ...figures, machine: machine() }, text: table(["startup", ""], rows) };
}

function moduleOf(code: string): readonly string[] {
  return ["--input-type=module", "--eval", code];
}
