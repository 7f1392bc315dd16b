import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../codegen/package-root.js";

const COUNT = 1_000_000;
/** It takes about 40 s on one core. */
const TIMEOUT_MS = 300_000;

/** Runs the compiled fuzzer, in a process of its own as `make fuzz` does. */
async function fuzz(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const program = join(PACKAGE_ROOT, "dist/test/fuzz/main.js");
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
  });
  return stdout;
}

test("a million damaged messages are refused with a fault, or read alike by both paths", {
  timeout: TIMEOUT_MS,
}, async () => {
  const summary = await fuzz(["--count", String(COUNT)]);
  expect(summary).toContain(`${COUNT} cases of seed 1 in`);
});

test("a case can be had again by its seed and number", async () => {
  const once = await fuzz([], { SEED: "7", CASE: "12345" });
  expect(await fuzz([], { SEED: "7", CASE: "12345" })).toBe(once);
  expect(await fuzz([], { SEED: "7", CASE: "12346" })).not.toBe(once);
});
