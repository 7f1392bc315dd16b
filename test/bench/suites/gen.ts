import { join } from "node:path";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import { syntheticSchemas } from "../gen/synthetic.js";
import { workspace } from "../gen/workspace.js";
import { machine } from "../machine.js";
import { processMs } from "../process.js";
import { median, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

const SYNTHETIC_COUNT = 1000;
const PROJECT_RUN_COUNT = 3;

/** The command as it is installed: starting Node is part of what one waits for. */
const RNP_GEN = join(PACKAGE_ROOT, "dist/codegen/cli.js");
const TSC = join(PACKAGE_ROOT, "node_modules/typescript/bin/tsc");

/** From schemas to code, for this project and for one of 1,000 messages. */
export const gen: Suite = {
  name: "gen",
  description: "rnp-gen for this project, and for 1,000 synthetic messages with their type check",
  run: runGen,
};

async function runGen(): Promise<Report> {
  const figures = {
    project_s: await projectSeconds(),
    synthetic_messages: SYNTHETIC_COUNT,
    ...(await syntheticSeconds(SYNTHETIC_COUNT)),
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return { result: { ...figures, machine: machine() }, text: table(["gen", ""], rows) };
}

async function projectSeconds(): Promise<number> {
  const runs: number[] = [];
  for (let run = 0; run < PROJECT_RUN_COUNT; run++) {
    await using place = await workspace(new Map());
    runs.push(await generateMs(join(PACKAGE_ROOT, "schema"), place.outFolder));
  }
  return seconds(median(runs));
}

async function syntheticSeconds(count: number) {
  await using place = await workspace(syntheticSchemas(count));
  const synthetic_s = seconds(await generateMs(place.schemaFolder, place.outFolder));
  const synthetic_typecheck_s = seconds(await processMs(TSC, "-p", place.folder));
  return { synthetic_s, synthetic_typecheck_s };
}

function generateMs(schemaFolder: string, outFolder: string): Promise<number> {
  return processMs(RNP_GEN, "gen", "--schema", schemaFolder, "--out", outFolder);
}

function seconds(milliseconds: number): number {
  return rounded(milliseconds / 1000);
}
