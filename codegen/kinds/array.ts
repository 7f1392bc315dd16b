import type { ArrayField } from "../model.js";
import { numberAt } from "../schema.js";
import { declineIf, innerName, type Kind } from "./kind.js";
import { check, code, countHeadSize, layOut } from "./steps.js";

/** Kinds of which two values are quickly compared. */
const COMPARABLE = new Set(["string", "enum", "integer", "number", "boolean"]);

export const arrayKind: Kind<ArrayField> = {
  keywords: ["type", "items", "minItems", "maxItems", "uniqueItems"],
  required: {
    items: "say what it holds",
    maxItems: "say how many items at most, so that receivers can bound it",
  },
  check(schema, inspection) {
    if (schema.items !== undefined) inspection.inspect("items");
    const kind = inspection.kindAt("items");
    if (schema.uniqueItems !== true || kind === undefined || COMPARABLE.has(kind)) return;
    const text = `compares each item with each other, and these are of the kind ${kind}: leave it out`;
    inspection.refuse(["uniqueItems"], text);
  },
  build: (schema, builder) => ({
    kind: "array",
    item: builder.field("Item", "items"),
    countMin: numberAt(schema, "minItems") ?? 0,
    countMax: numberAt(schema, "maxItems") ?? 0,
    isUnique: schema.uniqueItems === true,
  }),
  typeSchema: ({ item }, of) => ({ type: "array", items: of(item) }),
  rules: ({ item, countMin, countMax, isUnique }, _side, of) => ({
    type: "array",
    maxItems: countMax,
    ...(countMin > 0 ? { minItems: countMin } : {}),
    items: of(item),
    ...(isUnique ? { uniqueItems: true } : {}),
  }),
  sizeMax: ({ item, countMax }, of) => countHeadSize(countMax) + countMax * of(item),
  encode(field, value, scope) {
    const item = innerName("item", value);
    return [
      check(`Array.isArray(${value}) && ${hasCount(field, `${value}.length`)}`),
      ...(field.isUnique ? [check(`${scope.wire("isUnique")}(${value})`)] : []),
      code(
        `writer.arrayHeader(${value}.length);`,
        `for (const ${item} of ${value}) {`,
        ...layOut(scope.encode(field.item, item)),
        "}",
      ),
    ];
  },
  decode(field, name, type, scope) {
    const [item, count, index] = [`${name}Item`, `${name}Count`, `${name}Index`];
    return [
      `const ${count} = reader.arrayHeader();`,
      declineIf(`!(${hasCount(field, count)})`),
      `const ${name}: ${type} = [];`,
      `for (let ${index} = 0; ${index} < ${count}; ${index}++) {`,
      ...scope.decode(field.item, item, `(${type})[number]`),
      `${name}.push(${item});`,
      "}",
      ...(field.isUnique ? [declineIf(`!${scope.wire("isUnique")}(${name})`)] : []),
    ];
  },
  convertInside(field, value, scope) {
    const item = innerName("item", value);
    const converted = scope.convert(field.item, item);
    if (converted !== undefined) {
      const index = innerName("index", value);
      const head = `for (const [${index}, ${item}] of ${value}.entries()) {`;
      return [head, `${value}[${index}] = ${converted};`, "}"];
    }
    const inside = scope.convertInside(field.item, item);
    return inside.length === 0 ? [] : [`for (const ${item} of ${value}) {`, ...inside, "}"];
  },
};

/** Always has a lower bound: that is how a count of -1, for no array, is declined. */
function hasCount({ countMin, countMax }: ArrayField, count: string): string {
  return `${count} >= ${countMin} && ${count} <= ${countMax}`;
}
