import type { Field } from "../model.js";
import { target } from "./readable/comparison.js";

/** What TypeScript says a value is, as far as programs that use it notice. Objects are looked into elsewhere. */
export function shapeOf(field: Field): string {
  const inner = target(field);
  switch (inner.kind) {
    case "integer":
    case "number":
      return "number";
    case "int64":
      return "bigint";
    case "bytes":
      return "Uint8Array";
    case "enum":
      return inner.isClosed ? "words" : "string";
    case "const":
      return JSON.stringify(inner.value);
    case "union":
      return inner.alternatives.map(shapeOf).sort().join(" | ");
    case "array":
      return `readonly ${shapeOf(inner.item)}[]`;
    case "map":
      return `Record<string, ${shapeOf(inner.value)}>`;
    case "object":
      return "object";
    default:
      return inner.kind;
  }
}
