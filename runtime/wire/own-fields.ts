import { DEPTH_MAX } from "./scan.js";

/**
 * A copy with exactly what would be sent: own enumerable fields that are not undefined. What is no map and
 * only looks like one, such as a `Date` or a `Map`, becomes its name, so that a validator refuses it.
 */
export function ownFields(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (depth > DEPTH_MAX) return "something nested too deep";
  if (Array.isArray(value)) return Array.from(value, (item) => ownFields(item, depth + 1));
  const name = Object.prototype.toString.call(value);
  if (name !== "[object Object]") return name;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([key, field]) => [key, ownFields(field, depth + 1)]));
}
