import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { payloadOf, SENDER } from "../../support/codec/payloads.js";
import { TwoPaths } from "../../support/codec/two-paths.js";
import { arbitraryOf } from "../schema/arbitrary.js";
import { links, messageSources } from "../schema/sources.js";

/*
 * The reference path is there for what others write. What our own encoders write is read fast, but for three
 * things: `meta`, bytes as base64 text where bin was not agreed on, and text that is within its bound in
 * characters and over it in UTF-16 units.
 */

const VALUES_PER_TYPE = 400;
const FAST_SHARE_MIN = 0.999;

const TYPES = messageSources.map((source) => ({
  ...source,
  generated: MESSAGES.get(source.type)!,
}));

function isAscii(value: unknown): boolean {
  const text = JSON.stringify(value, (_key, inner) => (typeof inner === "bigint" ? 0 : inner));
  return !/[^\0-\x7f]/.test(text);
}

describe("what our own encoders write", () => {
  const examples = TYPES.flatMap(({ type, generated, examples }) =>
    examples.map((example, index) => ({ name: `${type} ${index + 1}`, type: generated, example })),
  );
  test.each(examples)("is read fast: example $name", ({ type, example }) => {
    const paths = new TwoPaths(SENDER, MESSAGES);
    const data = type.accept(structuredClone(example));
    expect(paths.read(payloadOf(type, data))).toBe("fast");
    expect(paths.meter.referenceCount).toBe(0);
  });

  test("is read fast in at least 999 of 1000 cases, where text is ASCII", () => {
    const { meter } = readAll((data) => isAscii(data));
    const share = meter.fastCount / (meter.fastCount + meter.referenceCount);
    console.log(`read fast: ${meter.fastCount}, by the reference path: ${meter.referenceCount}`);
    expect(meter.fastCount).toBeGreaterThan(1000);
    expect(share).toBeGreaterThanOrEqual(FAST_SHARE_MIN);
  });

  test("is written by the generated encoder in as many cases", () => {
    let fusedCount = 0;
    let count = 0;
    each(isAscii, (type, data) => {
      count += 1;
      if (type.encode(new PackWriter(), data)) fusedCount += 1;
    });
    expect(fusedCount / count).toBeGreaterThanOrEqual(FAST_SHARE_MIN);
  });

  test("is read in any case, whatever planes its text is of", () => {
    const { meter } = readAll(() => true);
    expect(meter.fastCount).toBeGreaterThan(meter.referenceCount);
  });
});

describe("what is left to the reference path", () => {
  const paths = new TwoPaths(SENDER, MESSAGES);
  const create = MESSAGES.get("instance.create")!;
  const chunk = MESSAGES.get("fs.replicate")!;

  function exampleOf(type: MessageType): Record<string, unknown> {
    const source = TYPES.find(({ generated }) => generated === type);
    return type.accept(structuredClone(source?.examples[0])) as Record<string, unknown>;
  }

  test("is meta", () => {
    const payload = payloadOf(create, exampleOf(create), { more: { meta: { trace: "1" } } });
    expect(paths.read(payload)).toBe("reference");
  });

  test("is bytes as base64 text", () => {
    expect(paths.read(payloadOf(chunk, exampleOf(chunk), { bin: false }))).toBe("reference");
    expect(paths.read(payloadOf(chunk, exampleOf(chunk), { bin: true }))).toBe("fast");
  });

  test("is text over its bound in UTF-16 units, though not in characters", () => {
    const lengthMax = longestName();
    const fits = { ...exampleOf(create), name: "🙂".repeat(lengthMax / 2) };
    const isLong = { ...exampleOf(create), name: "🙂".repeat(lengthMax / 2 + 1) };
    expect(paths.read(payloadOf(create, fits))).toBe("fast");
    expect(paths.read(payloadOf(create, isLong))).toBe("reference");
  });

  function longestName(): number {
    const type = TYPES.find(({ generated }) => generated === create)!;
    const properties = type.schema.properties as Record<string, { maxLength?: number }>;
    return Math.floor(Number(properties.name?.maxLength) / 2) * 2;
  }
});

function each(wanted: (data: unknown) => boolean, use: (type: MessageType, data: unknown) => void) {
  for (const { file, schema, generated } of TYPES) {
    const values = arbitraryOf({ file, pointer: "", schema }, links);
    for (const data of fc.sample(values, { numRuns: VALUES_PER_TYPE, seed: 1 })) {
      if (wanted(data)) use(generated, data);
    }
  }
}

function readAll(wanted: (data: unknown) => boolean): TwoPaths {
  const paths = new TwoPaths(SENDER, MESSAGES);
  each(wanted, (type, data) => {
    expect(paths.read(payloadOf(type, data))).not.toBe("refused");
  });
  return paths;
}
