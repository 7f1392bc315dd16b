import { inspect, isDeepStrictEqual } from "node:util";
import { decode as decodeMsgpack } from "@msgpack/msgpack";
import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { describe, expect, test } from "vitest";
import type { Links } from "../../../codegen/link.js";
import { isMessageFile, messageTypeOf } from "../../../codegen/load.js";
import { decodeReference } from "../../../runtime/wire/decode-reference.js";
import { encodeData } from "../../../runtime/wire/encode-data.js";
import { WireFault } from "../../../runtime/wire/fault.js";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { boundsOf } from "../../support/codec/bounds.js";
import { LooseWriter } from "../../support/codec/loose-writer.js";
import { mutatedBytes } from "../../support/codec/mutated-bytes.js";
import { mutatedValue } from "../../support/codec/mutated-value.js";
import { Random } from "../../support/codec/random.js";
import { fastOutcome, referenceOutcome } from "../../support/codec/two-paths.js";
import { arbitraryOf } from "../schema/arbitrary.js";

const UNPACKR = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "bigint" });

/** Each type with its values. */
export function describeEquality(messages: ReadonlyMap<string, MessageType>, links: Links): void {
  const bounds = boundsOf(links.files.values());
  for (const [file, schema] of links.files) {
    const type = isMessageFile(file) ? messages.get(messageTypeOf(file)) : undefined;
    if (type === undefined) continue;
    const values = arbitraryOf({ file, pointer: "", schema }, links);
    describe(`the two paths of ${type.type}`, () => describeType(type, values, bounds));
  }
}

function describeType(
  type: MessageType,
  values: fc.Arbitrary<unknown>,
  bounds: readonly number[],
): void {
  const holds = (numRuns: number, check: (data: unknown, random: Random, bin: boolean) => void) => {
    const seeds = fc.noShrink(fc.integer());
    const property = fc.property(values, seeds, fc.boolean(), (data, seed, bin) => {
      check(data, new Random(seed), bin);
    });
    fc.assert(property, { numRuns });
  };

  test("write the same bytes for what the schema allows", () => {
    holds(100, (data, _random, bin) => {
      const reference = encodedByReference(data, bin);
      expect(fused(type, data, bin) ?? reference).toEqual(reference);
    });
  });

  test("give what other libraries read from those bytes", () => {
    holds(50, (data) => {
      const bytes = encoded(type, data, true);
      const read = fastOutcome(type, bytes);
      if (read === undefined) return;
      expect(asPlain(UNPACKR.unpack(bytes))).toEqual(asPlain(read.data));
      expect(asPlain(decodeMsgpack(bytes, { useBigInt64: true }))).toEqual(asPlain(read.data));
    });
  });

  test("judge alike what is about to be sent, whatever it is", () => {
    holds(300, (data, random, bin) => {
      expectSameWritten(type, mutatedValue(data, bounds, random), bin);
    });
  });

  test("read the same from every form of the bytes", () => {
    holds(300, (data, random, bin) => {
      const wrongness = random.pick([0, 3]);
      const value = random.oneIn(3) ? writable(mutatedValue(data, bounds, random), data) : data;
      expectSameRead(
        type,
        new LooseWriter(random, random.pick([4, 16]), wrongness, bin).bytes(value),
      );
    });
  });

  test("read the same from damaged bytes", () => {
    holds(300, (data, random, bin) => {
      expectSameRead(type, mutatedBytes(encoded(type, data, bin), random));
    });
  });

  test("refuse the bytes cut anywhere, even where the rest lies behind them", () => {
    holds(2, (data, _random, bin) => {
      const bytes = encoded(type, data, bin);
      for (let size = 0; size < Math.min(bytes.length, 2000); size++) {
        expect(fastOutcome(type, bytes, size)).toBeUndefined();
      }
    });
  });
}

function expectSameRead(type: MessageType, bytes: Uint8Array): void {
  const fast = fastOutcome(type, bytes);
  if (fast === undefined) return;
  const reference = referenceOutcome(type, Uint8Array.from(bytes));
  expectSame(fast, reference);
}

function expectSameWritten(type: MessageType, data: unknown, bin: boolean): void {
  const violation = type.invalid(data);
  const bytes = fused(type, data, bin);
  if (violation !== undefined) {
    expect(bytes).toBeUndefined();
    expectNoTrace(type, data);
    return;
  }
  const written = decodeReference(encodedByReference(data, bin));
  if (bytes !== undefined) expectSame(decodeReference(bytes), written);
  expect(() => type.accept(written)).not.toThrow();
}

/** Not `toStrictEqual`, which takes a field named `constructor` for the class of its object. */
function expectSame(one: unknown, other: unknown): void {
  if (isDeepStrictEqual(one, other)) return;
  throw new Error(`different: ${inspect(one, { depth: 9 })} and ${inspect(other, { depth: 9 })}`);
}

/** A message that is refused leaves a batch as it was. */
function expectNoTrace(type: MessageType, data: unknown): void {
  const batch = new FrameBatch();
  batch.begin(0);
  batch.writer.string("a frame");
  batch.end();
  const { size } = batch;
  batch.begin(0);
  expect(() => encodeData(type, batch.writer, data)).toThrow(WireFault);
  batch.rollback();
  expect(batch.size).toBe(size);
  expect(Buffer.concat(batch.take()).length).toBe(size);
}

/** What the generated encoder writes, or `undefined` where it declines. */
function fused(type: MessageType, data: unknown, bin: boolean): Uint8Array | undefined {
  const writer = new PackWriter();
  writer.bin = bin;
  return type.encode(writer, data) ? writer.bytes() : undefined;
}

function encoded(type: MessageType, data: unknown, bin: boolean): Uint8Array {
  const writer = new PackWriter();
  writer.bin = bin;
  encodeData(type, writer, data);
  return writer.bytes();
}

function encodedByReference(data: unknown, bin: boolean): Uint8Array {
  const writer = new PackWriter();
  writer.bin = bin;
  writer.value(data);
  return writer.bytes();
}

/** `value`, or `otherwise` where MessagePack has no form for it. */
function writable(value: unknown, otherwise: unknown): unknown {
  try {
    new PackWriter().value(value);
    return value;
  } catch {
    return otherwise;
  }
}

/** Values as libraries agree on them: they differ in the class of bytes and of 64-bit integers. */
function asPlain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(asPlain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asPlain(inner)]));
}
