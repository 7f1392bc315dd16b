import { banner, type EmitContext, type Emitted } from "./context.js";
import { importTypes } from "./fields.js";
import { FILES } from "./files.js";
import { Imports } from "./imports.js";
import { quote } from "./words.js";

/** The table of error codes and the interfaces of their details. */
export async function emitErrors(context: EmitContext): Promise<readonly Emitted[]> {
  const { errors } = context.model;
  if (errors.length === 0) return [];
  const path = FILES.errors;
  const imports = new Imports(path, context.wire);
  imports.wire("firstViolation");
  imports.wireType("Violation");
  imports.typeFrom(FILES.validators, "Validator");
  const views = errors.map(async (error) => {
    importTypes(error.details, imports);
    return {
      ...error,
      interfaces: await context.declarations(error.details, error.details.name, error.doc),
      detailsName: error.details.name,
      write: imports.from(FILES.validators, error.write),
      blame: quote(error.blame),
      description: quote(error.doc),
      help: quote(error.help),
    };
  });
  const view = { banner: banner(), errors: await Promise.all(views), imports: imports.lines() };
  return [{ path, text: context.render("errors", view) }];
}
