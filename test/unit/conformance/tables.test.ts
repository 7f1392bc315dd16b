import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { isErrorCode } from "../../../runtime/core/error.js";
import { TABLES } from "../../support/conformance.js";

const SCHEMA = new URL("../../../schema/meta/conformance.schema.json", import.meta.url);
const SPEC = new URL("../../../schema/SPEC.md", import.meta.url);
const CASES = [...TABLES.values()].flatMap((tables) => tables.flatMap(({ cases }) => cases));

describe("the tables of cases", () => {
  it("satisfy their schema", async () => {
    const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false });
    const validate = ajv.compile(JSON.parse(await readFile(SCHEMA, "utf8")));
    for (const table of [...TABLES.values()].flat()) {
      expect(validate(table), `${table.group}: ${ajv.errorsText(validate.errors)}`).toBe(true);
    }
  });

  it("name each case once", () => {
    const ids = CASES.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it("name sections that there are", async () => {
    const heads = (await readFile(SPEC, "utf8")).matchAll(/^## (\d+)\. /gm);
    const sections = new Set(Array.from(heads, ([, number]) => Number(number)));
    const unknown = CASES.filter(({ spec }) => !spec.every((section) => sections.has(section)));
    expect(unknown.map(({ id }) => id)).toEqual([]);
  });

  it("expect codes that there are", () => {
    const codes = CASES.flatMap(({ expect: each }) =>
      each.flatMap(({ error = [], may = [] }) => [...[error].flat(), ...may]),
    );
    expect(codes.filter((code) => !isErrorCode(code))).toEqual([]);
  });
});
