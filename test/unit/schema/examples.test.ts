import { decode as decodeMsgpack } from "@msgpack/msgpack";
import { Unpackr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { acceptEnvelope } from "../../../generated/envelope.js";
import { ERRORS, type ErrorCode, invalidErrorDetails } from "../../../generated/errors.js";
import { decodeReference } from "../../../runtime/wire/decode-reference.js";
import { encodeData } from "../../../runtime/wire/encode-data.js";
import type { MessageType } from "../../../runtime/wire/index.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { asSent } from "./as-sent.js";
import { errorSources, examplesOf, links, messageSources } from "./sources.js";

const UNPACKR = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

/** The generated code of a type. */
function typeNamed(type: string): MessageType {
  const found = MESSAGES.get(type);
  if (found === undefined) throw new Error(`${type} has a schema but no code: run make gen`);
  return found;
}

function encoded(type: MessageType, data: unknown): Uint8Array {
  const writer = new PackWriter();
  encodeData(type, writer, data);
  return writer.bytes();
}

test("every message type has an example", () => {
  const without = messageSources.filter(({ examples }) => examples.length === 0);
  expect(without.map(({ type }) => type)).toEqual([]);
});

test("every message type of the schemas has code, and no other has", () => {
  expect([...MESSAGES.keys()]).toEqual(messageSources.map(({ type }) => type).sort());
});

const cases = messageSources.flatMap(({ type, examples }) =>
  examples.map((example, index) => ({
    name: `${type} ${index + 1}`,
    type: typeNamed(type),
    example,
  })),
);

describe("an example as it is sent", () => {
  test.each(cases)("$name is read whole", ({ type, example }) => {
    const data = type.accept(structuredClone(example));
    expect(asSent(data)).toEqual(example);
  });

  test.each(cases)("$name satisfies the closed schema", ({ type, example }) => {
    expect(type.invalid(type.accept(structuredClone(example)))).toBeUndefined();
  });

  test.each(cases)("$name is encoded within the largest size", ({ type, example }) => {
    const data = type.accept(structuredClone(example));
    expect(encoded(type, data).length).toBeLessThanOrEqual(type.sizeMax);
  });

  test.each(cases)(
    "$name is read alike by msgpackr, @msgpack/msgpack and us",
    ({ type, example }) => {
      const data = type.accept(structuredClone(example));
      const bytes = encoded(type, data);
      expect(UNPACKR.unpack(bytes)).toEqual(example);
      expect(decodeMsgpack(bytes)).toEqual(example);
      expect(asSent(type.accept(decodeReference(bytes)))).toEqual(example);
    },
  );
});

describe("errors", () => {
  test("every code has an example", () => {
    const without = errorSources.filter(({ examples }) => examples.length === 0);
    expect(without.map(({ code }) => code)).toEqual([]);
  });

  test("every code of the schemas has code, and no other has", () => {
    expect(Object.keys(ERRORS).sort()).toEqual(errorSources.map(({ code }) => code).sort());
  });

  const errorCases = errorSources.flatMap(({ code, examples }) =>
    examples.map((details, index) => ({
      name: `${code} ${index + 1}`,
      code: code as ErrorCode,
      details,
    })),
  );

  test.each(errorCases)("the details of $name satisfy their schema", ({ code, details }) => {
    expect(invalidErrorDetails(code, details)).toBeUndefined();
  });

  test.each(errorCases)("the details of $name fit into the message error", ({ code, details }) => {
    const error = typeNamed("error");
    expect(error.invalid({ code, message: "It did not work out.", details })).toBeUndefined();
  });
});

describe("the envelope", () => {
  const envelopes = examplesOf(links.files.get("envelope.schema.json") ?? {});

  test("has examples", () => {
    expect(envelopes.length).toBeGreaterThan(0);
  });

  test.each(envelopes)("of example %# is read whole", (example) => {
    expect(acceptEnvelope(structuredClone(example))).toEqual(example);
  });

  test.each(envelopes)("of example %# carries data that its type takes", (example) => {
    const { type, data } = acceptEnvelope(structuredClone(example));
    expect(() => typeNamed(type).accept(data)).not.toThrow();
  });
});
