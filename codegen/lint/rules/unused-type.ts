import { placeBelow, schemaAt } from "../../schema.js";
import { objectsWithin } from "../objects.js";
import type { Rule } from "../rule.js";

/** A type that nothing refers to is exported, documented and kept compatible for nobody. */
export const unusedType: Rule = {
  id: "unused-type",
  about: "Every shared type is used by a message, an error or the envelope.",
  check({ links }, report) {
    const roots = [...links.files].map(([file, schema]) => ({ file, pointer: "", schema }));
    const used = new Set(roots.flatMap(objectsWithin).map((place) => firstStep(place.schema.$ref)));
    for (const root of roots) {
      for (const name of Object.keys(schemaAt(root.schema, "$defs"))) {
        const definition = placeBelow(root, "$defs", name);
        if (definition === undefined || used.has(name)) continue;
        report(definition, [], "is used nowhere: remove it, or refer to it");
      }
    }
  },
};

/** The name of the type in a reference. */
function firstStep(reference: unknown): string | undefined {
  return typeof reference === "string" ? reference.split("#/$defs/")[1] : undefined;
}
