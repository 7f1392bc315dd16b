import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GroupedCase, KINDS, type Kind, type Table } from "./table.js";

/** Where the package keeps its tables; this file is compiled into `dist/runtime/conformance`. */
const VECTORS = fileURLToPath(new URL("../../../test/vectors/", import.meta.url));

/** The tables of one kind, by name of their files. */
export async function readTables(kind: Kind, vectors: string = VECTORS): Promise<Table[]> {
  const folder = join(vectors, kind);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Table),
  );
}

/** All cases of both kinds, those that a peer must serve first, in which it is the `side`. */
export async function readCases(
  side: "server" | "client",
  vectors?: string,
): Promise<GroupedCase[]> {
  const tables = await Promise.all(
    KINDS.map(async (kind) => ({ kind, tables: await readTables(kind, vectors) })),
  );
  return tables.flatMap((each) =>
    each.tables.flatMap(({ group, cases }) =>
      cases
        .filter((one) => (one.side ?? "server") === side)
        .map((one) => ({ ...one, kind: each.kind, group })),
    ),
  );
}
