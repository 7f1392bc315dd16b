import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import type { Schema } from "../../../codegen/schema.js";

/** The project of someone who uses this package, in a temporary folder. */
export interface Workspace {
  readonly schemaFolder: string;
  readonly outFolder: string;
  readonly folder: string;
  [Symbol.asyncDispose](): Promise<void>;
}

const TSCONFIG = {
  extends: join(PACKAGE_ROOT, "tsconfig.json"),
  compilerOptions: { composite: false, declaration: false, declarationMap: false, noEmit: true },
  include: ["generated/**/*.ts"],
  references: [],
};

/** Writes `schemas` and all that the compiler needs for the code that becomes of them. */
export async function workspace(schemas: ReadonlyMap<string, Schema>): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), "rnp-bench-"));
  const schemaFolder = join(folder, "schema");
  for (const [path, schema] of schemas) {
    await mkdir(dirname(join(schemaFolder, path)), { recursive: true });
    await writeFile(join(schemaFolder, path), JSON.stringify(schema));
  }
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  await mkdir(join(folder, "node_modules/@rads"), { recursive: true });
  await symlink(PACKAGE_ROOT, join(folder, "node_modules/@rads/rnp"));
  return {
    folder,
    schemaFolder,
    outFolder: join(folder, "generated"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
