import { createRequire } from "node:module";
import type * as regexpp from "@eslint-community/regexpp";
import type * as handlebars from "handlebars";
import type * as jsonSchemaToTypescript from "json-schema-to-typescript";
import type * as refa from "refa";
import type * as regexpAnalysis from "regexp-ast-analysis";
import type * as scslre from "scslre";
import type * as tsMorph from "ts-morph";

/** The libraries that only the generator needs. They are optional peers, so that a production install stays small. */
export interface Peers {
  readonly handlebars: typeof handlebars;
  readonly jsonSchemaToTypescript: typeof jsonSchemaToTypescript;
  readonly tsMorph: typeof tsMorph;
  /** The script that starts Biome. */
  readonly biomePath: string;
}

const BIOME = "@biomejs/biome";

/** Some of the libraries are not installed; the message says which, and the command that installs them. */
export class MissingPeers extends Error {
  override readonly name = "MissingPeers";

  constructor(names: readonly string[]) {
    const command = `npm install --save-dev ${names.join(" ")}`;
    super(`rnp-gen needs ${names.join(", ")}, which this project does not have. Run: ${command}`);
  }
}

/** What only `rnp-gen lint` needs: it tells which patterns take long. */
export interface PatternPeers {
  readonly scslre: typeof scslre;
  readonly regexpp: typeof regexpp;
  readonly regexpAnalysis: typeof regexpAnalysis;
}

/** Imports what tells whether one pattern is within another, or throws `MissingPeers`. */
export async function loadRefa(): Promise<typeof refa> {
  const missing: string[] = [];
  const library = await load<typeof refa>("refa", missing);
  if (library === undefined) throw new MissingPeers(missing);
  return library;
}

/** Imports what judges patterns, or throws `MissingPeers`. */
export async function loadPatternPeers(): Promise<PatternPeers> {
  const missing: string[] = [];
  const [judge, parser, analysis] = await Promise.all([
    load<typeof scslre>("scslre", missing),
    load<typeof regexpp>("@eslint-community/regexpp", missing),
    load<typeof regexpAnalysis>("regexp-ast-analysis", missing),
  ]);
  if (!judge || !parser || !analysis) throw new MissingPeers(missing);
  return { scslre: judge, regexpp: parser, regexpAnalysis: analysis };
}

/** The script that starts Biome, or throws `MissingPeers`. */
export function biomePath(): string {
  const path = pathOf(`${BIOME}/bin/biome`);
  if (path === undefined) throw new MissingPeers([BIOME]);
  return path;
}

/** Imports the libraries, or throws `MissingPeers` that names every one which is missing. */
export async function loadPeers(): Promise<Peers> {
  const missing: string[] = [];
  const [templates, types, compiler] = await Promise.all([
    load<{ default: typeof handlebars }>("handlebars", missing),
    load<typeof jsonSchemaToTypescript>("json-schema-to-typescript", missing),
    load<typeof tsMorph>("ts-morph", missing),
  ]);
  const biomePath = pathOf(`${BIOME}/bin/biome`);
  if (biomePath === undefined) missing.push(BIOME);
  if (!templates || !types || !compiler || !biomePath) throw new MissingPeers(missing);
  return {
    handlebars: templates.default,
    jsonSchemaToTypescript: types,
    tsMorph: compiler,
    biomePath,
  };
}

async function load<Module>(name: string, missing: string[]): Promise<Module | undefined> {
  try {
    return (await import(name)) as Module;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    missing.push(name);
    return undefined;
  }
}

function pathOf(file: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(file);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
}
