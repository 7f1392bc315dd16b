import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { publishCommand } from "../../../../codegen/commands/publish.js";
import { load, PROTOCOL_FILE } from "../../../../codegen/load.js";
import { type Read, readSchemas } from "../../../../codegen/pipeline.js";
import { bundle, bundleFiles } from "../../../../codegen/publish/bundle.js";
import { schemasOf } from "../../../../codegen/source/schema-source.js";
import { readTar } from "../../../../codegen/source/tar.js";
import { folderWith, messageSchema, ROOT } from "../support.js";

const SCHEMA = join(ROOT, "schema");
const CASES = join(ROOT, "test/vectors");
const OPTIONS = { schemaFolder: SCHEMA, casesFolder: CASES, name: "@rads/rnp", version: "1.0.0" };

let read: Read;
let texts: ReadonlyMap<string, string>;

beforeAll(async () => {
  read = await readSchemas(await load(SCHEMA));
  const files = await bundleFiles(read, OPTIONS);
  texts = new Map(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]));
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

describe("the archive", () => {
  test("has the same bytes each time, and says nothing of when and where it was made", async () => {
    const [one, other] = [await bundle(read, OPTIONS), await bundle(read, OPTIONS)];
    expect(Buffer.compare(one, other)).toBe(0);
    // The time of gzip (4 bytes), its level, and its operating system.
    expect([...one.subarray(4, 10)]).toEqual([0, 0, 0, 0, 2, 255]);
  });

  test("has one folder, named for the package and its version", async () => {
    const entries = readTar(gunzipSync(await bundle(read, OPTIONS)));
    const folders = new Set(entries.map(({ path }) => path.split("/")[0]));
    expect([...folders]).toEqual(["rads-rnp-schema-1.0.0"]);
    expect(entries).toHaveLength(texts.size);
  });

  test("gives back the schemas that it was made of", async () => {
    const file = join(await folderWith(), "bundle.tgz");
    await writeFile(file, await bundle(read, OPTIONS));
    expect(await schemasOf(file, SCHEMA)).toEqual(await load(SCHEMA));
  });

  test("has the tables of cases for a peer", () => {
    const tables = [...texts.keys()].filter((path) => path.startsWith("conformance/"));
    expect(tables).toContain("conformance/legal/handshake.json");
    expect(tables).toContain("conformance/illegal/framing.json");
  });

  test("has specification, dialect and numbers", () => {
    for (const path of ["SPEC.md", "DIALECT.md", `schema/${PROTOCOL_FILE}`]) {
      expect(texts.get(path)?.length, path).toBeGreaterThan(100);
    }
  });
});

test("any validator resolves the published schemas by their names, and takes their examples", () => {
  const ajv = new Ajv2020({ strict: false, formats: { int64: true } });
  const schemas = [...texts].filter(([path]) => path.endsWith(".schema.json"));
  const parsed = schemas.map(
    ([, text]) => JSON.parse(text) as { $id: string; examples?: unknown[] },
  );
  ajv.addSchema(parsed);
  for (const { $id, examples = [] } of parsed) {
    const validate = ajv.getSchema($id);
    for (const example of examples) expect(validate?.(example), $id).toBe(true);
  }
});

describe("the page", () => {
  const page = () => texts.get("reference/index.html") ?? "";

  test("has a section and an entry for every message and every error", () => {
    const { messages, errors } = read.model;
    for (const name of [...messages.map(({ type }) => type), ...errors.map(({ code }) => code)]) {
      expect(page()).toContain(`<article id="${name}">`);
      expect(page()).toContain(`<li data-for="${name}">`);
    }
  });

  test("asks nothing of any other place", () => {
    expect(page()).toContain("default-src 'none'");
    expect(page().match(/<(?:link|img|script src|iframe)\b|@import|url\(/g)).toBeNull();
  });

  test("has no link that leads nowhere", () => {
    const ids = new Set([...page().matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of page().matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });
});

test("pages in Markdown link to pages that are there", () => {
  for (const [path, text] of texts) {
    if (!path.startsWith("reference/") || !path.endsWith(".md")) continue;
    for (const [, target = ""] of text.matchAll(/\]\(([^)]+\.md)\)/g)) {
      expect(texts.has(join(path, "..", target)), `${path}: ${target}`).toBe(true);
    }
  }
});

describe("rnp-gen publish", () => {
  test("names the file after the package around the schemas, also those of a plugin", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const folder = await folderWith({
      "package.json": { name: "acme-cache", version: "2.1.0" },
      "schema/messages/acme/purge.schema.json": messageSchema({ title: "AcmePurge" }),
    });
    const argv = ["--schema", join(folder, "schema"), "--out", join(folder, "out")];
    await publishCommand().parseAsync(argv, { from: "user" });
    const file = join(folder, "out/acme-cache-schema-2.1.0.tgz");
    expect(log.mock.lastCall?.[0]).toContain(`${file}: 1 message, 0 errors`);
    const paths = readTar(gunzipSync(await readFile(file))).map(({ path }) => path);
    expect(paths).toContain("acme-cache-schema-2.1.0/reference/messages/acme.purge.md");
  });
});
