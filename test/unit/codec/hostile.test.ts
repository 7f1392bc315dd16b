import { describe, expect, test } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { median } from "../../bench/statistics.js";
import { HOSTILE_NUMBERS, HOSTILE_PAYLOADS } from "../../support/codec/hostile-payloads.js";
import { inDataOf } from "../../support/codec/in-data.js";
import { SENDER } from "../../support/codec/payloads.js";
import { TwoPaths } from "../../support/codec/two-paths.js";
import { prototypeChanges } from "../../support/prototypes.js";

/*
 * What general libraries for MessagePack trip over: each is refused, in no time, without memory for what is
 * only declared, and without a trace in what all objects share.
 */

const REPEAT_COUNT = 100;
/** Per byte of the payload, on top of a millisecond, on a slow and busy machine. */
const NS_PER_BYTE_MAX = 200;
const GROWTH_SIZE_MAX = 1_000_000;
/** About 50 ms where nothing is amiss; collisions would take minutes. */
const MANY_KEYS_MS_MAX = 5000;
const EMPTY_MAP = Uint8Array.of(0x80);
const PATHS = new TwoPaths(SENDER, MESSAGES);

const HEARTBEAT_FIELDS = { cpu_percent: 45.2, ram_used_mb: 2048 };

/** Where in a message that is otherwise correct the bytes stand. */
const PLACES: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  bare: (bytes) => bytes,
  "as all of the data": (bytes) => inDataOf("sync.request", undefined, bytes),
  "as a known field": (bytes) =>
    inDataOf("mesh.query", "filters", bytes, { service_name: "user-service" }),
  "as an unknown field": (bytes) =>
    inDataOf("mesh.query", "later", bytes, { service_name: "user-service" }),
  "as a number": (bytes) => inDataOf("heartbeat", "instance_count", bytes, HEARTBEAT_FIELDS),
};

const CASES = HOSTILE_PAYLOADS.flatMap(({ name, bytes }) =>
  Object.entries(PLACES).map(([place, put]) => ({ name: `${name}, ${place},`, bytes: put(bytes) })),
);

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test("what is hostile is the bytes, not the message around them", () => {
  const { bare: _, "as a number": number, ...maps } = PLACES;
  for (const put of Object.values(maps)) expect(PATHS.read(put(EMPTY_MAP))).not.toBe("refused");
  expect(number?.(Uint8Array.of(12))).toSatisfy(
    (bytes: Uint8Array) => PATHS.read(bytes) === "fast",
  );
});

describe("a number of a message", () => {
  test.each(HOSTILE_NUMBERS)("is not $name", ({ bytes }) => {
    const payload = inDataOf("heartbeat", "instance_count", bytes, HEARTBEAT_FIELDS);
    expect(PATHS.read(payload)).toBe("refused");
  });
});

test("many keys that look like numbers take time in proportion", () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => [String(index * 65_536), 1]);
  const writer = new PackWriter();
  writer.value(Object.fromEntries(keys));
  const bytes = PLACES["as an unknown field"]!(writer.bytes());
  const startedAt = performance.now();
  expect(PATHS.read(bytes)).toBe("reference");
  expect(performance.now() - startedAt).toBeLessThan(MANY_KEYS_MS_MAX);
});

describe("a decoder that is given", () => {
  test.each(CASES)("$name refuses it", ({ bytes }) => {
    expect(PATHS.read(bytes)).toBe("refused");
    expect(prototypeChanges()).toEqual([]);
  });

  test.each(CASES)("$name takes neither time nor memory", ({ bytes }) => {
    PATHS.read(bytes);
    const durationsMs: number[] = [];
    const growths: number[] = [];
    for (let count = 0; count < REPEAT_COUNT; count++) {
      const before = memory();
      const startedAt = performance.now();
      PATHS.read(bytes);
      durationsMs.push(performance.now() - startedAt);
      growths.push(memory() - before);
    }
    expect(median(durationsMs)).toBeLessThan(1 + (bytes.length * NS_PER_BYTE_MAX) / 1e6);
    expect(median(growths)).toBeLessThan(GROWTH_SIZE_MAX);
  });
});
