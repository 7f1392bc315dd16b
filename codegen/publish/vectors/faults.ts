import type { Field, ObjectField } from "../../model.js";

/** A value that one rule of its schema refuses. */
export interface Fault {
  /** What is wrong, in words. */
  readonly name: string;
  /** Where the value stands, from the body on. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Values that break the rules of a body, one rule each. `sample` is a body that breaks none. */
export function faultsOf(
  body: ObjectField,
  sample: Readonly<Record<string, unknown>>,
): readonly Fault[] {
  return body.properties.flatMap(({ name, field, isRequired }) => {
    const gone: Fault[] = isRequired
      ? [{ name: `${name} is missing`, path: [name], value: undefined }]
      : [];
    const wrong = wrongValues(field, sample[name]);
    return [
      ...gone,
      ...wrong.map(([what, value]) => ({ name: `${name} is ${what}`, path: [name], value })),
    ];
  });
}

/** What a reader refuses in the place of a field, each with words for it. */
function wrongValues(field: Field, sample: unknown): readonly (readonly [string, unknown])[] {
  switch (field.kind) {
    case "shared":
      return wrongValues(field.type.field, sample);
    case "boolean":
      return [["text", "true"]];
    case "integer":
      return [
        ["text", "1"],
        ["a fraction", field.minimum + 0.5],
        ...outside(field.minimum, field.maximum),
      ];
    case "number":
      return [["text", "1"]];
    case "string":
      return wrongTexts(field);
    case "enum":
      return [
        ["a number", 7],
        field.isClosed
          ? ["a word that nobody knows", "no-such-word"]
          : ["too long a word", "w".repeat(65)],
      ];
    case "bytes":
      return [
        ["a number", 7],
        ["no base64", "###="],
      ];
    case "const":
      return [["another value", field.value === "x" ? "y" : "x"]];
    case "array":
      return [
        ["text", "item"],
        ...tooMany(field.countMax, field.countMin),
        ...repeated(field.isUnique, sample),
      ];
    case "map":
    case "object":
      return [
        ["a list", []],
        ["nothing", null],
      ];
    default:
      return [["nothing", null]];
  }
}

function outside(minimum: number, maximum: number): readonly (readonly [string, unknown])[] {
  return [
    ...(minimum > Number.MIN_SAFE_INTEGER ? [["below its minimum", minimum - 1] as const] : []),
    ...(maximum < Number.MAX_SAFE_INTEGER ? [["over its maximum", maximum + 1] as const] : []),
  ];
}

/** Long texts are left out: a vector is to be read by people too. */
const LONG = 2_000;

function wrongTexts({
  lengthMin,
  lengthMax,
  pattern,
}: Extract<Field, { kind: "string" }>): readonly (readonly [string, unknown])[] {
  const unfit =
    pattern === undefined
      ? undefined
      : ["\n", "", "~", "é"].find((text) => !new RegExp(pattern, "u").test(text));
  return [
    ["a number", 7],
    ...(lengthMax < LONG ? [["too long", "a".repeat(lengthMax + 1)] as const] : []),
    ...(lengthMin > 0 ? [["too short", "a".repeat(lengthMin - 1)] as const] : []),
    ...(unfit === undefined ? [] : [["of another form", unfit] as const]),
  ];
}

function tooMany(countMax: number, countMin: number): readonly (readonly [string, unknown])[] {
  const many =
    countMax < LONG
      ? [["too long", Array.from({ length: countMax + 1 }, () => null)] as const]
      : [];
  return countMin > 0 ? [...many, ["too short", []] as const] : many;
}

function repeated(isUnique: boolean, sample: unknown): readonly (readonly [string, unknown])[] {
  if (!isUnique || !Array.isArray(sample) || sample.length === 0) return [];
  return [["with the same item twice", [sample[0], sample[0]]]];
}
