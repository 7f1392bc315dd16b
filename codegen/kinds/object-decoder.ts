import type { ObjectField, Property } from "../model.js";
import { localName } from "../names.js";
import { access, declineIf, type Scope } from "./kind.js";
import { constantText, differs, mapHead } from "./steps.js";

/**
 * The body of the decoder of one interface. Fields are expected in the order of the schema, as encoders
 * write them. Where all are always there, head and keys are constants; else `extra` counts how many of
 * the optional ones are still to come.
 */
export function decoderBody(field: ObjectField, scope: Scope): readonly string[] {
  const { properties, name } = field;
  const isFixed = properties.every(({ isRequired }) => isRequired);
  const lines = properties.flatMap((property, index) => {
    const head = isFixed && index === 0 ? mapHead(properties.length) : undefined;
    return property.isRequired
      ? required(property, name, head, scope)
      : optional(property, name, scope);
  });
  return [
    ...(isFixed ? emptyHead(properties) : optionalHead(properties)),
    ...lines,
    ...(isFixed ? [] : [declineIf("extra !== 0")]),
    ...result(properties, name),
  ];
}

/** A map without fields has no first key that its head could melt into. */
function emptyHead(properties: readonly Property[]): readonly string[] {
  return properties.length === 0 ? [declineIf("reader.mapHeader() !== 0")] : [];
}

function optionalHead(properties: readonly Property[]): readonly string[] {
  const requiredCount = properties.filter(({ isRequired }) => isRequired).length;
  const optionalCount = properties.length - requiredCount;
  const count =
    requiredCount === 0 ? "reader.mapHeader()" : `reader.mapHeader() - ${requiredCount}`;
  return [`let extra = ${count};`, declineIf(`!(extra >= 0 && extra <= ${optionalCount})`)];
}

function required(
  { name, field }: Property,
  type: string,
  head: ReturnType<typeof mapHead> | undefined,
  scope: Scope,
): readonly string[] {
  const key = constantText(name);
  const bytes = [...(head?.bytes ?? []), ...key.bytes];
  const spelled = head === undefined ? key.spelled : `${head.spelled} ${key.spelled}`;
  return [
    "{",
    `// ${spelled}`,
    "const { view, offset } = reader;",
    declineIf(differs(bytes)),
    `reader.offset = offset + ${bytes.length};`,
    "}",
    ...scope.decode(field, localName(name), fieldType(type, name)),
  ];
}

function optional({ name, field }: Property, type: string, scope: Scope): readonly string[] {
  const { bytes, spelled } = constantText(name);
  const local = localName(name);
  const read = `${local}Read`;
  return [
    `let ${local}: ${type}[${JSON.stringify(name)}];`,
    "if (extra > 0) {",
    `// ${spelled}`,
    "const { view, offset } = reader;",
    // The first byte tells keys of other lengths apart, so that no load goes past the payload.
    `if (view.getUint8(offset) === ${bytes[0]} && !(${differs(bytes)})) {`,
    `reader.offset = offset + ${bytes.length};`,
    "extra -= 1;",
    ...scope.decode(field, read, `NonNullable<${fieldType(type, name)}>`),
    `${local} = ${read};`,
    "}",
    "}",
  ];
}

/** A literal of one shape; optional fields that did not come are not there, not undefined. */
function result(properties: readonly Property[], type: string): readonly string[] {
  const always = properties.filter(({ isRequired }) => isRequired);
  const literal = `{ ${always.map(({ name }) => entry(name)).join(", ")} }`;
  if (always.length === properties.length) return [`return ${literal};`];
  const late = properties.filter(({ isRequired }) => !isRequired);
  return [
    `const value: ${type} = ${literal};`,
    ...late.map(({ name }) => {
      const local = localName(name);
      return `if (${local} !== undefined) ${access("value", name)} = ${local};`;
    }),
    "return value;",
  ];
}

function entry(name: string): string {
  const local = localName(name);
  return local === name ? name : `${JSON.stringify(name)}: ${local}`;
}

function fieldType(type: string, name: string): string {
  return `${type}[${JSON.stringify(name)}]`;
}
