import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Table } from "./table.js";

/** Where the package keeps its tables; this file is compiled into `dist/runtime/conformance`. */
const VECTORS = fileURLToPath(new URL("../../../test/vectors/", import.meta.url));

/** Which tables there are: what a peer must serve, and what it must refuse. */
export const KINDS = ["legal", "illegal"] as const;
export type Kind = (typeof KINDS)[number];

/** The tables of one kind, by name of their files. */
export async function readTables(kind: Kind, vectors: string = VECTORS): Promise<Table[]> {
  const folder = join(vectors, kind);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
  return Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), "utf8")) as Table),
  );
}
