import { Ajv } from "ajv";
import standalone from "ajv/dist/standalone/index.js";
import { rulesOf } from "../kinds/index.js";
import { ENVELOPE_READ } from "../names.js";
import type { Schema } from "../schema.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { addKeywords } from "./keywords.js";

/** Two validators for each message, one for the details of each error, and one for the envelope. */
export function emitValidators(context: EmitContext): readonly Emitted[] {
  const rules = rulesByName(context);
  const names = [...rules.keys()];
  const imports = new Imports(FILES.validatorTypes, context.wire);
  imports.wireType("SchemaError");
  const declarations = { banner: banner(), imports: imports.lines(), names };
  const code = { banner: banner(), ...compile(rules) };
  return [
    { path: FILES.validators, text: context.render("validators", code) },
    { path: FILES.validatorTypes, text: context.render("validators-types", declarations) },
  ];
}

function rulesByName({ model }: EmitContext): ReadonlyMap<string, Schema> {
  const rules = new Map<string, Schema>();
  for (const { names, body } of model.messages) {
    rules.set(names.write, rulesOf(body, "write"));
    rules.set(names.read, rulesOf(body, "read"));
  }
  for (const { write, details } of model.errors) rules.set(write, rulesOf(details, "write"));
  if (model.envelope !== undefined) rules.set(ENVELOPE_READ, rulesOf(model.envelope.body, "read"));
  return rules;
}

/** All validators in one go, so that they share their helpers. */
function compile(rules: ReadonlyMap<string, Schema>): { imports: readonly string[]; code: string } {
  const ajv = new Ajv({ code: { source: true, esm: true, lines: true }, strictTypes: false });
  addKeywords(ajv);
  for (const [name, schema] of rules) ajv.addSchema(schema, name);
  const names = Object.fromEntries([...rules.keys()].map((name) => [name, name]));
  return withImports(standalone.default(ajv, names));
}

const REQUIRE = /^(const \w+ = )require\("(ajv\/dist\/runtime\/(\w+))"\)\.default;?$/gm;

/**
 * ajv requires its helpers even in a module: imports take their place. Bundlers differ in what they make
 * of the default export of a CommonJS module, so both readings are understood.
 */
function withImports(source: string): { imports: readonly string[]; code: string } {
  const imports = new Set<string>();
  const code = source.replace('"use strict";', "").replace(REQUIRE, (_line, head, path, name) => {
    imports.add(`import ${name} from ${JSON.stringify(`${path}.js`)};`);
    return `${head}${name}.default ?? ${name};`;
  });
  if (/^const \w+ = require\(/m.test(code)) {
    throw new Error("ajv requires a helper in a way that is not known here");
  }
  return { imports: [...imports], code: withoutUnused(code) };
}

/** ajv leaves every schema in its output, but reads few of them. */
function withoutUnused(code: string): string {
  const uses = new Map<string, number>();
  for (const [name] of code.matchAll(/\bschema\d+\b/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return code.replace(/^const (schema\d+) = .*;$/gm, (line, name: string) => {
    return uses.get(name) === 1 ? "" : line;
  });
}
