/** Whether `value` has all that `pattern` has; arrays are the same as a whole. */
export function matches(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) return matchesArray(pattern, value);
  if (typeof pattern !== "object" || pattern === null) return Object.is(pattern, value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(pattern).every(([key, each]) =>
    matches(each, (value as Record<string, unknown>)[key]),
  );
}

function matchesArray(pattern: readonly unknown[], value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== pattern.length) return false;
  return pattern.every((item, index) => matches(item, value[index]));
}
