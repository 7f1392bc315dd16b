/** Keywords of JSON Schema whose number is a bound. */
const KEYWORDS = new Set(
  ["Length", "Items", "Properties", "imum"].flatMap((noun) => [`min${noun}`, `max${noun}`]),
);
for (const keyword of ["exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) KEYWORDS.add(keyword);

/** Where integers and the heads of MessagePack change their form. */
const EDGES = [0, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32];

/** Every bound that some schemas name, the edges of the wire format, and the numbers beside all of them. */
export function boundsOf(schemas: Iterable<unknown>): readonly number[] {
  const bounds = new Set(EDGES);
  for (const schema of schemas) collect(schema, bounds);
  const around = [...bounds].flatMap((bound) => [bound - 1, bound, bound + 1]);
  return [...new Set(around)].sort((a, b) => a - b);
}

function collect(schema: unknown, bounds: Set<number>): void {
  if (typeof schema !== "object" || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (KEYWORDS.has(keyword) && typeof value === "number") bounds.add(value);
    else collect(value, bounds);
  }
}
