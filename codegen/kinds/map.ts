import type { MapField, StringField } from "../model.js";
import { numberAt, type Schema, schemaAt } from "../schema.js";
import { innerName, type Kind } from "./kind.js";
import { code, countHeadSize, layOut } from "./steps.js";
import { patternProblem, stringField, stringRules, stringSizeMax } from "./string.js";

/** Receivers refuse this key whatever the schema says. Senders are told so unless the pattern does it. */
const REFUSED_KEY = "__proto__";

const KEY_KEYWORDS = new Set(["minLength", "maxLength", "pattern"]);

/** An object whose keys are not known beforehand. */
export const mapKind: Kind<MapField> = {
  keywords: ["type", "propertyNames", "additionalProperties", "minProperties", "maxProperties"],
  required: {
    propertyNames: "give it a maxLength, so that receivers can bound the keys",
    maxProperties: "say how many entries at most, so that receivers can bound it",
  },
  check(schema, inspection) {
    inspection.inspect("additionalProperties");
    const key = schemaAt(schema, "propertyNames");
    const reason = patternProblem(key);
    if (reason !== undefined) inspection.refuse(["propertyNames", "pattern"], reason);
    if (schema.propertyNames !== undefined && numberAt(key, "maxLength") === undefined) {
      inspection.refuse(["propertyNames"], "has no maxLength: say how many characters at most");
    }
    for (const keyword of Object.keys(key).filter((keyword) => !KEY_KEYWORDS.has(keyword))) {
      inspection.refuse(
        ["propertyNames", keyword],
        "is not honoured: keys have maxLength, minLength and pattern",
      );
    }
  },
  build: (schema, builder) => ({
    kind: "map",
    key: stringField(schemaAt(schema, "propertyNames")),
    value: builder.field("Value", "additionalProperties"),
    countMin: numberAt(schema, "minProperties") ?? 0,
    countMax: numberAt(schema, "maxProperties") ?? 0,
  }),
  typeSchema: ({ value }, of) => ({ type: "object", additionalProperties: of(value) }),
  rules: ({ key, value, countMin, countMax }, _side, of) => ({
    type: "object",
    maxProperties: countMax,
    ...(countMin > 0 ? { minProperties: countMin } : {}),
    propertyNames: keyRules(key),
    additionalProperties: of(value),
  }),
  sizeMax: ({ key, value, countMax }, of) =>
    countHeadSize(countMax) + countMax * (stringSizeMax(key) + of(value)),
  encode(field, value, scope) {
    const [key, entry] = [innerName("key", value), innerName("entry", value)];
    return [
      code(
        `writer.mapHeader(Object.keys(${value}).length);`,
        `for (const [${key}, ${entry}] of Object.entries(${value})) {`,
        `writer.string(${key});`,
        ...layOut(scope.encode(field.value, entry)),
        "}",
      ),
    ];
  },
  convertInside(field, value, scope) {
    const [key, entry] = [innerName("key", value), innerName("entry", value)];
    const converted = scope.convert(field.value, entry);
    if (converted !== undefined) {
      const head = `for (const [${key}, ${entry}] of Object.entries(${value})) {`;
      return [head, `${value}[${key}] = ${converted};`, "}"];
    }
    const inside = scope.convertInside(field.value, entry);
    return inside.length === 0
      ? []
      : [`for (const ${entry} of Object.values(${value})) {`, ...inside, "}"];
  },
};

function keyRules(key: StringField): Schema {
  const isRefused = key.pattern !== undefined && !new RegExp(key.pattern, "u").test(REFUSED_KEY);
  return isRefused ? stringRules(key) : { ...stringRules(key), not: { const: REFUSED_KEY } };
}
