import fc from "fast-check";
import { MESSAGES } from "../../generated/dispatch.js";
import { envelopeOf, payloadOf } from "../support/codec/payloads.js";
import { arbitraryOf } from "../unit/schema/arbitrary.js";
import { links, messageSources } from "../unit/schema/sources.js";

/** A correct message, as a value and as our own encoders write it. */
export interface Seed {
  readonly envelope: object;
  readonly payload: Uint8Array;
}

const UUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
const OPTIONAL_FIELDS: readonly object[] = [
  {},
  { reply_to: UUID },
  { deadline_ms: 1000 },
  { reply_to: UUID, deadline_ms: 70_000 },
  { meta: { traceparent: "00-01" } },
];
/** Values of each type that mutations begin with. */
const VALUES_PER_TYPE = 24;
/** Larger messages cost time and have little that smaller ones have not. */
const SIZE_MAX = 2000;

/** Some messages of every type; the same for the same seed. */
export function corpusOf(seed: number): readonly Seed[] {
  return messageSources.flatMap(({ type: name, file, schema }) => {
    const type = MESSAGES.get(name);
    if (type === undefined) throw new Error(`${name} has a schema but no code: run make gen`);
    const values = arbitraryOf({ file, pointer: "", schema }, links);
    return fc
      .sample(values, { seed, numRuns: VALUES_PER_TYPE })
      .map((data, index) => {
        const more = OPTIONAL_FIELDS[index % OPTIONAL_FIELDS.length];
        return {
          envelope: envelopeOf(name, data, more),
          payload: payloadOf(type, data, { bin: index % 3 > 0, ...(more ? { more } : {}) }),
        };
      })
      .filter(({ payload }) => payload.length <= SIZE_MAX);
  });
}
