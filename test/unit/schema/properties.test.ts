import { MESSAGES } from "../../../generated/dispatch.js";
import { describeAnyValue } from "./any-value.js";
import { arbitraryOf } from "./arbitrary.js";
import { links, messageSources } from "./sources.js";

for (const { type, file, schema } of messageSources) {
  const generated = MESSAGES.get(type);
  if (generated === undefined) throw new Error(`${type} has a schema but no code: run make gen`);
  describeAnyValue(generated, arbitraryOf({ file, pointer: "", schema }, links));
}
