import { join, relative, resolve, sep } from "node:path";
import { buildModel, type Places } from "./build-model.js";
import { checkControlSizes } from "./check/control.js";
import { checkExamples } from "./check/examples.js";
import { check } from "./check/index.js";
import type { Emitted } from "./emit/context.js";
import { emit } from "./emit/index.js";
import { format } from "./format.js";
import { type Links, link } from "./link.js";
import { load, type SchemaFiles } from "./load.js";
import type { Model } from "./model.js";
import { PACKAGE_ROOT } from "./package-root.js";
import { loadPeers } from "./peers.js";
import { assertNoProblems } from "./problem.js";

export interface GenerateOptions {
  /** The folder with the schemas. */
  readonly schemaFolder: string;
  /** The folder that the files are for: it decides how they are formatted and what they import. */
  readonly outFolder: string;
  /** Where generated code imports `runtime/wire` from. Default: see `wireSpecifier`. */
  readonly runtime?: string | undefined;
}

export interface Generated {
  readonly model: Model;
  readonly files: readonly Emitted[];
}

/**
 * The phases in order: load, link, check, model, emit, format. Each takes what the one before it made,
 * and none changes its input. Nothing is written; see `output.ts`.
 *
 * Throws `SchemaProblems` with everything that is wrong with the schemas.
 */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const [model, peers] = await Promise.all([readModel(options.schemaFolder), loadPeers()]);
  const files = await emit(model, wireSpecifier(options), peers);
  return { model, files: await format(files, resolve(options.outFolder), peers) };
}

/** The model, and the schemas that it was made from. */
export interface Read {
  readonly links: Links;
  readonly model: Model;
  readonly places: Places;
}

/** The phases that only read: what the schemas say, once nothing is wrong with them. */
export async function readModel(schemaFolder: string): Promise<Model> {
  return (await readSchemas(await load(schemaFolder))).model;
}

/** As `readModel`, for files that are in memory, with the schemas beside the model. */
export async function readSchemas(files: SchemaFiles): Promise<Read> {
  const { links, problems } = link(files);
  assertNoProblems([...problems, ...(await check(links))]);
  // Examples are judged by schemas, so these have to be sound first.
  assertNoProblems(checkExamples(links.files));
  const built = buildModel(links);
  assertNoProblems([...built.problems, ...checkControlSizes(built.model)]);
  return { links, model: built.model, places: built.places };
}

/** The package, for everybody; but inside the project itself a path to the sources. */
function wireSpecifier({ runtime, outFolder }: GenerateOptions): string {
  if (runtime !== undefined) return runtime;
  const isOurs = resolve(outFolder) === join(PACKAGE_ROOT, "generated");
  if (!isOurs) return "@rads/rnp/wire";
  return relative(resolve(outFolder), join(PACKAGE_ROOT, "runtime/wire/index.js"))
    .split(sep)
    .join("/");
}
