import type { Scope } from "../kinds/kind.js";
import { decoderBody } from "../kinds/object-decoder.js";
import type { Field } from "../model.js";
import { insideOf, objectsIn } from "./fields.js";

/** The decoders of the objects inside `field`, as views for the templates. */
export function innerDecoders(field: Field, scope: Scope) {
  return insideOf(field)
    .flatMap(objectsIn)
    .map((object) => ({ name: object.name, lines: decoderBody(object, scope) }));
}
