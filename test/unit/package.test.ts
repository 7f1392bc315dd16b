import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "./codegen/support.js";

/** What `npm pack` says of the package that it would make. */
interface Packed {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let packed: Packed;

beforeAll(async () => {
  const argv = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const { stdout } = await promisify(execFile)("npm", argv, { cwd: ROOT, maxBuffer: 1 << 24 });
  [packed] = JSON.parse(stdout) as [Packed];
});

test("the package has what its commands read at run time", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "dist/codegen/cli.js",
    "codegen/templates/dissector.lua",
    "schema/meta/waivers.schema.json",
  ]) {
    expect(paths).toContain(path);
  }
});

test("the package has nothing that only its build needs", () => {
  const needless = packed.files.filter(({ path }) =>
    /\.(map|tsbuildinfo|tgz)$|^dist\/test\//.test(path),
  );
  expect(needless).toEqual([]);
});

test("the package stays small", () => {
  expect(packed.unpackedSize).toBeLessThan(9_000_000);
});
