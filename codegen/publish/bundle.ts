import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { gzipSync } from "node:zlib";
import type { Read } from "../pipeline.js";
import { type Entry, writeTar } from "../source/tar.js";
import { asyncApi } from "./asyncapi.js";
import { dissector } from "./dissector.js";
import { htmlPage } from "./reference/html-page.js";
import { markdownPages } from "./reference/markdown-pages.js";
import { identifiedSchemas } from "./schemas.js";
import { vectorFiles } from "./vectors/index.js";

/** What a bundle is called and where its words come from. */
export interface BundleOptions {
  readonly schemaFolder: string;
  /** Folder with tables of cases for a peer, which may be missing. */
  readonly casesFolder?: string;
  /** Name and version of the package that the schemas belong to. */
  readonly name: string;
  readonly version: string;
}

/** Pages in the schema folder that belong to the bundle, where they are there. */
const PROSE = ["SPEC.md", "README.md"];

/**
 * Everything that an implementer in another language needs, in one archive. The same schemas give the same
 * bytes, whenever and wherever it is made: no time, no machine and no order of a file system is in it.
 */
export async function bundle(read: Read, options: BundleOptions): Promise<Uint8Array> {
  const files = await bundleFiles(read, options);
  const folder = `${bundleName(options)}/`;
  const entries = files.map(({ path, bytes }) => ({ path: folder + path, bytes }));
  return withoutSystem(gzipSync(writeTar(entries), { level: 9 }));
}

/** The header of gzip has a byte that says which operating system wrote it; 255 says nothing (RFC 1952). */
function withoutSystem(bytes: Uint8Array): Uint8Array {
  bytes[9] = 255;
  return bytes;
}

/** `rads-rnp-schema-1.0.0`: the folder in the archive, and its file without the ending. */
export function bundleName({ name, version }: BundleOptions): string {
  return `${name.replace(/^@/, "").replaceAll("/", "-")}-schema-${version}`;
}

/** The files of the bundle by their path in it. */
export async function bundleFiles(read: Read, options: BundleOptions): Promise<readonly Entry[]> {
  const title = `${options.name} ${options.version}`;
  const texts = new Map([
    ...(await prose(options.schemaFolder)),
    ...(await cases(options.casesFolder)),
    ...identifiedSchemas(read, options.version),
    ...vectorFiles(read),
    ...(await dissector(read)),
    ["asyncapi.json", asyncApi(read, { title: options.name, version: options.version })] as const,
    ...markdownPages(read, title),
    ["reference/index.html", await htmlPage(read, title)] as const,
  ]);
  const encoder = new TextEncoder();
  return [...texts].map(([path, text]) => ({ path, bytes: encoder.encode(text) }));
}

/** The tables of what a peer must serve and what it must refuse, as they are. */
async function cases(folder: string | undefined): Promise<readonly (readonly [string, string])[]> {
  if (folder === undefined || !existsSync(folder)) return [];
  const paths = (await readdir(folder, { recursive: true })).filter((path) =>
    path.endsWith(".json"),
  );
  return await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(folder, path), "utf8");
      return [`conformance/${path.split(sep).join("/")}`, text] as const;
    }),
  );
}

async function prose(folder: string): Promise<readonly (readonly [string, string])[]> {
  const pages = await Promise.all(
    PROSE.map(async (page) => {
      const text = await readFile(join(folder, page), "utf8").catch(() => undefined);
      return text === undefined
        ? []
        : [[page === "README.md" ? "DIALECT.md" : page, text] as const];
    }),
  );
  return pages.flat();
}
