import { layOut } from "../kinds/steps.js";
import type { SharedType } from "../model.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { scopeOf } from "./scope.js";

/** What several schema files refer to, once: interface, encoder and, where it needs one, converter. */
export async function emitTypes(context: EmitContext): Promise<readonly Emitted[]> {
  const { sharedTypes } = context.model;
  if (sharedTypes.length === 0) return [];
  const imports = new Imports(FILES.types, context.wire);
  const types = await Promise.all(sharedTypes.map((type) => typeView(type, imports, context)));
  const view = { banner: banner(), types, imports: imports.lines() };
  return [{ path: FILES.types, text: context.render("types", view) }];
}

async function typeView(type: SharedType, imports: Imports, context: EmitContext) {
  const { field, name } = type;
  const scope = scopeOf(imports);
  // Words are written as any text is, wherever they stand.
  const encode = field.kind === "enum" ? [] : layOut(scope.encode(field, "data"));
  if (encode.length > 0) imports.wireType("PackWriter");
  return {
    ...type,
    interfaces: await context.declarations(field, name, type.doc),
    encodeLines: encode,
    convertLines: scope.convertInside(field, "data"),
  };
}
