import type { Field, ObjectField, Property } from "../model.js";
import { countName, fieldsName, isInherited } from "../names.js";
import { type Schema, schemaAt, textsAt } from "../schema.js";
import { access, declineIf, type Kind, type Scope, type Side } from "./kind.js";
import {
  type CheckStep,
  check,
  code,
  constantText,
  countHeadSize,
  layOut,
  mapHead,
  type Step,
} from "./steps.js";

/** A map with known fields, written in the order of the schema. */
export const objectKind: Kind<ObjectField> = {
  keywords: ["type", "properties", "required", "additionalProperties", "x-rnp-closed"],
  required: {},
  check(schema, inspection) {
    if (schema.additionalProperties !== false) {
      inspection.refuse(
        [],
        'does not say that these are all fields: add "additionalProperties": false',
      );
    }
    const names = Object.keys(schemaAt(schema, "properties"));
    for (const name of names) {
      inspection.inspect("properties", name);
      if (isInherited(name)) {
        inspection.refuse(
          ["properties", name],
          "is something that every object has: rename the field",
        );
      }
    }
    for (const name of textsAt(schema, "required").filter((name) => !names.includes(name))) {
      inspection.refuse(
        ["required"],
        `${JSON.stringify(name)} is no field of this object: add it or leave it out`,
      );
    }
  },
  build(schema, builder) {
    const required = new Set(textsAt(schema, "required"));
    const properties = schemaAt(schema, "properties");
    return {
      kind: "object",
      ...builder.self,
      isClosed: schema["x-rnp-closed"] === true,
      properties: Object.keys(properties).map((name) => ({
        name,
        doc: builder.docAt("properties", name),
        isDeprecated: schemaAt(properties, name).deprecated === true,
        isRequired: required.has(name),
        field: builder.field(name, "properties", name),
      })),
    };
  },
  typeSchema: ({ name }) => ({ tsType: name }),
  rules: ({ properties, isClosed }, side, of) => ({
    type: "object",
    record: true,
    properties: byName(properties, ({ field }) => of(field)),
    required: requiredNames(properties),
    ...unknownFields(properties, side, isClosed),
  }),
  sizeMax({ properties }, of) {
    const sizes = properties.map(({ name, field }) => constantText(name).bytes.length + of(field));
    return countHeadSize(properties.length) + sizes.reduce((sum, size) => sum + size, 0);
  },
  encode({ properties }, value, scope) {
    const fields = properties.flatMap((property) => encodeProperty(property, value, scope));
    return [...head(properties, value, scope), ...fields];
  },
  decode({ name: type }, name) {
    return [`const ${name} = decode${type}(reader);`, declineIf(`${name} === undefined`)];
  },
  convertInside({ properties }, value, scope) {
    return properties.flatMap(({ name, field, isRequired }) => {
      const place = access(value, name);
      const converted = scope.convert(field, place);
      const inside = scope.convertInside(field, place);
      const lines = converted === undefined ? inside : [`${place} = ${converted};`];
      return isRequired || lines.length === 0
        ? lines
        : [`if (${place} !== undefined) {`, ...lines, "}"];
    });
  },
};

/** Refused, or dropped by a keyword of ours: ajv's `removeAdditional` would hold for both sides. */
function unknownFields(properties: readonly Property[], side: Side, isClosed: boolean): Schema {
  if (side === "write" || isClosed) return { additionalProperties: false };
  return { dropUnknown: properties.map(({ name }) => name) };
}

/** What json-schema-to-typescript is told where the interface itself is written. */
export function interfaceSchema({ properties }: ObjectField, of: (field: Field) => Schema): Schema {
  // It would write `{}` for no properties, which is anything but null.
  if (properties.length === 0) return { tsType: "Record<string, never>" };
  return {
    type: "object",
    properties: byName(properties, ({ field, doc, isDeprecated }) => ({
      ...of(field),
      description: doc,
      ...(isDeprecated ? { deprecated: true } : {}),
    })),
    required: requiredNames(properties),
    additionalProperties: false,
  };
}

function requiredNames(properties: readonly Property[]): readonly string[] {
  return properties.filter(({ isRequired }) => isRequired).map(({ name }) => name);
}

function byName<T>(properties: readonly Property[], of: (property: Property) => T) {
  return Object.fromEntries(properties.map((property) => [property.name, of(property)]));
}

/** The head is a constant where all fields are always there, else a sum over the optional ones. */
function head(properties: readonly Property[], value: string, scope: Scope): readonly Step[] {
  const isObject = check(`${scope.wire("isMap")}(${value})`);
  const optional = properties.filter(({ isRequired }) => !isRequired);
  if (optional.length === 0) {
    const count = properties.length;
    return [withLines(isObject, countFields(value, String(count))), mapHead(count)];
  }
  const terms = optional.map(({ name }) => `(${access(value, name)} === undefined ? 0 : 1)`);
  const requiredCount = properties.length - optional.length;
  const sum = [...(requiredCount > 0 ? [requiredCount] : []), ...terms].join(" + ");
  const count = countName(value);
  return [
    isObject,
    code(`const ${count} = ${sum};`, ...countFields(value, count), `writer.mapHeader(${count});`),
  ];
}

/**
 * A field that the schema does not know must not be left out in silence. Counting stands in place, not in
 * a function: the engine then learns the one shape that objects have here and counts without a lookup.
 */
function countFields(value: string, count: string): readonly string[] {
  const left = fieldsName(value);
  return [
    `let ${left} = ${count};`,
    `for (const _ in ${value}) ${left} -= 1;`,
    ...check(`${left} === 0`).lines,
  ];
}

function withLines({ lines }: CheckStep, more: readonly string[]): CheckStep {
  return { kind: "check", lines: [...lines, ...more] };
}

function encodeProperty(
  { name, field, isRequired }: Property,
  value: string,
  scope: Scope,
): readonly Step[] {
  const place = access(value, name);
  const steps = [constantText(name), ...scope.encode(field, place)];
  return isRequired ? steps : [code(`if (${place} !== undefined) {`, ...layOut(steps), "}")];
}
