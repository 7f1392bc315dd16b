import type { Scope } from "../kinds/kind.js";
import { decoderBody } from "../kinds/object-decoder.js";
import { layOut } from "../kinds/steps.js";
import type { Field, SharedType } from "../model.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { innerDecoders } from "./decoders.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import type { FileScope } from "./scope.js";
import { scopeOf } from "./scope.js";

/** What several schema files refer to, once: interface, encoder and, where it needs one, converter. */
export async function emitTypes(context: EmitContext): Promise<readonly Emitted[]> {
  const { sharedTypes } = context.model;
  if (sharedTypes.length === 0) return [];
  const imports = new Imports(FILES.types, context.wire);
  const scope = scopeOf(imports);
  const types = await Promise.all(
    sharedTypes.map((type) => typeView(type, scope, imports, context)),
  );
  const patterns = scope.patternLines();
  const view = { banner: banner(), types, patterns, imports: imports.lines() };
  return [{ path: FILES.types, text: context.render("types", view) }];
}

async function typeView(
  type: SharedType,
  scope: FileScope,
  imports: Imports,
  context: EmitContext,
) {
  const { field, name } = type;
  const interfaces = await context.declarations(field, name, type.doc);
  // Words are written and read as any text is, wherever they stand.
  if (field.kind === "enum") return { ...type, interfaces, isCoded: false, convertLines: [] };
  for (const wireType of ["PackReader", "PackWriter"]) imports.wireType(wireType);
  return {
    ...type,
    interfaces,
    isCoded: true,
    encodeLines: layOut(scope.encode(field, "data")),
    decodeLines: sharedDecoder(field, name, scope),
    inner: innerDecoders(field, scope),
    convertLines: scope.convertInside(field, "data"),
  };
}

function sharedDecoder(field: Field, type: string, scope: Scope): readonly string[] {
  if (field.kind === "object") return decoderBody(field, scope);
  return [...scope.decode(field, "value", type), "return value;"];
}
