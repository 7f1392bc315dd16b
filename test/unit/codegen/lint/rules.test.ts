import { describe, expect, test } from "vitest";
import { RULES } from "../../../../codegen/lint/rules/index.js";
import { lintFiles } from "../../../../codegen/lint/run.js";
import type { Schema } from "../../../../codegen/schema.js";
import { CASES, type Case } from "./cases.js";

/** What is found in the files, as `rule file#place`. */
async function found(files: Case["files"]): Promise<readonly string[]> {
  const findings = await lintFiles(new Map(Object.entries(files)));
  return findings.map(({ rule, file, place }) => `${rule} ${file}#${place}`);
}

describe("what breaks one rule is found by that rule alone, at its place", () => {
  test.each(CASES)("$rule: $name", async ({ files, rule, at }) => {
    expect(await found(files)).toEqual(at.map((place) => `${rule} ${place}`));
  });
});

describe("each rule", () => {
  const broken = CASES.filter(({ at }) => at.length > 0);

  test.each(RULES)("$id has a case that breaks it and one that does not", ({ id }) => {
    expect(broken.map(({ rule }) => rule)).toContain(id);
    expect(CASES.filter(({ at }) => at.length === 0).map(({ rule }) => rule)).toContain(id);
  });

  test.each(RULES.filter(({ mend }) => mend))("$id mends what it finds", async ({ id, mend }) => {
    for (const { files, rule, at } of broken.filter(({ rule }) => rule === id)) {
      const mended = Object.entries(files).map(([file, schema]): [string, Schema] => {
        const isDue = at.some((place) => place.startsWith(`${file}#`));
        return [file, isDue ? (mend?.(schema, file) ?? schema) : schema];
      });
      expect(await found(Object.fromEntries(mended)), rule).toEqual([]);
    }
  });
});
