import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Schema } from "../../../../codegen/schema.js";
import { ROOT } from "../support.js";
import { changed, lineOf, verdictsOn } from "./kit.js";

const FILE = "protocol.json";
const base = JSON.parse(await readFile(join(ROOT, "schema", FILE), "utf8")) as Schema;

const CASES: readonly (readonly [string, unknown, string])[] = [
  ["magic", "524e5002", "!wire"],
  ["version/major", 2, "!wire"],
  ["version/minor", 1, "semantics"],
  ["alpn", "rnp/2", "!wire"],
  ["flags/compressed", 16, "!wire"],
  ["capabilities/lz4", undefined, "!semantics"],
  ["capabilities/zstd", "Payloads may be compressed with Zstandard.", "semantics"],
  ["capabilities/bin", "In other words.", "semantics"],
  ["limits/payload_bytes", 8_388_608, "!reader"],
  ["limits/payload_bytes", 33_554_432, "!writer"],
  ["limits/depth", 16, "!reader"],
  ["limits/compression_ratio", 0.8, "semantics"],
  ["flow/max_window_bytes", 33_554_432, "!writer"],
  ["pools/data_pool_size", 4, "semantics"],
  ["retry/max_attempts", 6, "semantics"],
];

test.each(CASES)("%s becomes %j", async (path, value, effect) => {
  const now = changed(base, path, value);
  const verdicts = await verdictsOn(new Map([[FILE, base]]), new Map([[FILE, now]]));
  expect(verdicts.map(lineOf)).toEqual([`${effect} protocol ${FILE}#/${path}`]);
});
