import type { MapField, StringField } from "../model.js";
import { countName } from "../names.js";
import { numberAt, type Schema, schemaAt } from "../schema.js";
import { declineIf, innerName, type Kind, type Scope } from "./kind.js";
import { check, code, countHeadSize, layOut } from "./steps.js";
import {
  isAllowedText,
  patternProblem,
  readText,
  stringField,
  stringRules,
  stringSizeMax,
} from "./string.js";

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
    record: true,
    maxProperties: countMax,
    ...(countMin > 0 ? { minProperties: countMin } : {}),
    propertyNames: keyRules(key),
    additionalProperties: of(value),
  }),
  sizeMax: ({ key, value, countMax }, of) =>
    countHeadSize(countMax) + countMax * (stringSizeMax(key) + of(value)),
  encode(field, value, scope) {
    const [key, entry] = [innerName("key", value), innerName("entry", value)];
    const count = countName(value);
    return [
      check(`${scope.wire("isMap")}(${value})`),
      code(
        `let ${count} = 0;`,
        `for (const _ in ${value}) ${count} += 1;`,
        ...check(hasCount(field, count)).lines,
        `writer.mapHeader(${count});`,
        `for (const ${key} in ${value}) {`,
        `const ${entry} = ${value}[${key}];`,
        ...check(`${entry} !== undefined`).lines,
        ...check(isAllowedKey(field.key, key, scope)).lines,
        `writer.string(${key});`,
        ...layOut(scope.encode(field.value, entry)),
        "}",
      ),
    ];
  },
  decode(field, name, type, scope) {
    const [key, entry] = [`${name}Key`, `${name}Entry`];
    const [count, index] = [`${name}Count`, `${name}Index`];
    return [
      `const ${count} = reader.mapHeader();`,
      declineIf(`!(${hasCount(field, count)})`),
      `const ${name}: ${type} = {};`,
      `for (let ${index} = 0; ${index} < ${count}; ${index}++) {`,
      ...readText(field.key, key, scope),
      // Twice the same key is for the reference path to refuse.
      declineIf(`${key} === ${JSON.stringify(REFUSED_KEY)} || Object.hasOwn(${name}, ${key})`),
      ...scope.decode(field.value, entry, `(${type})[string]`),
      `${name}[${key}] = ${entry};`,
      "}",
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

/** Always has a lower bound: that is how a count of -1, for no map, is declined. */
function hasCount({ countMin, countMax }: MapField, count: string): string {
  return `${count} >= ${countMin} && ${count} <= ${countMax}`;
}

function isAllowedKey(field: StringField, key: string, scope: Scope): string {
  return `${isAllowedText(field, key, scope)} && ${key} !== ${JSON.stringify(REFUSED_KEY)}`;
}

function keyRules(key: StringField): Schema {
  const isRefused = key.pattern !== undefined && !new RegExp(key.pattern, "u").test(REFUSED_KEY);
  return isRefused ? stringRules(key) : { ...stringRules(key), not: { const: REFUSED_KEY } };
}
