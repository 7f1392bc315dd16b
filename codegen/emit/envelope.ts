import { ENVELOPE_FILE } from "../load.js";
import { ENVELOPE_READ } from "../names.js";
import { banner, type EmitContext, type Emitted } from "./context.js";
import { importTypes } from "./fields.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { scopeOf } from "./scope.js";

/** The map around every message: its interface and its decoder. */
export async function emitEnvelope(context: EmitContext): Promise<readonly Emitted[]> {
  const { envelope } = context.model;
  if (envelope === undefined) return [];
  const path = FILES.envelope;
  const imports = new Imports(path, context.wire);
  for (const name of ["firstViolation", "violationFault"]) imports.wire(name);
  imports.from(FILES.validators, ENVELOPE_READ);
  importTypes(envelope.body, imports);
  const view = {
    banner: banner(ENVELOPE_FILE),
    interfaces: await context.declarations(envelope.body, "Envelope", envelope.doc),
    read: ENVELOPE_READ,
    convert: scopeOf(imports).convertInside(envelope.body, "data"),
  };
  return [{ path, text: context.render("envelope", { ...view, imports: imports.lines() }) }];
}
