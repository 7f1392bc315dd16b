import { createHash } from "node:crypto";
import { INSTANCE_CREATE, type InstanceCreate, RnpError } from "../index.js";

/**
 * What stands at the beginning of an instance that travels: what it was created with, and what is in its
 * folder. The contents of the files follow in the order of the entries.
 */
export interface SnapshotManifest {
  readonly version: 1;
  readonly create: InstanceCreate;
  /** What the files take on the disk of the sender; less than their sizes where they have holes. */
  readonly disk_bytes: number;
  /** By path, each once, a folder before what is in it. */
  readonly entries: readonly SnapshotEntry[];
}

export type SnapshotEntry = FolderEntry | FileEntry | LinkEntry;

interface Named {
  /** Below the instance's folder, with `/` between the parts. */
  readonly path: string;
}

export interface FolderEntry extends Named {
  readonly kind: "folder";
  /** The permissions, 0 to 0o777. */
  readonly mode: number;
}

export interface FileEntry extends Named {
  readonly kind: "file";
  readonly mode: number;
  readonly size: number;
  readonly mtime_ms: number;
  /** Differs whenever the file was touched; means nothing to the receiver. */
  readonly change: string;
}

/** A symbolic link. It never leads out of the folder. */
export interface LinkEntry extends Named {
  readonly kind: "link";
  readonly target: string;
}

/** The agent's own note in the folder of an instance: it is about a process of this node. */
export const NOT_CARRIED: ReadonlySet<string> = new Set(["process.json"]);

/** The manifest as it travels, and its SHA-256: the id of the snapshot. */
export function encodeManifest(manifest: SnapshotManifest): { bytes: Buffer; id: string } {
  const bytes = Buffer.from(JSON.stringify(manifest));
  if (bytes.length <= MANIFEST_SIZE_MAX) return { bytes, id: manifestId(bytes) };
  throw new RnpError(
    "QUOTA_EXCEEDED",
    `the folder holds ${manifest.entries.length} files: too many to move`,
    { details: { quota: "manifest_bytes", limit: MANIFEST_SIZE_MAX, used: bytes.length } },
  );
}

export function manifestId(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/**
 * Reads the manifest of another node. Whatever could be written outside of the folder is refused: a path
 * with `..`, an absolute one, one below a link or a file, a link that leads out.
 *
 * @throws RnpError `PROTOCOL_ERROR`
 */
export function decodeManifest(bytes: Uint8Array, instanceId: string): SnapshotManifest {
  const value = parse(bytes);
  if (!isRecord(value) || value.version !== 1) throw wrong("/version", "1");
  const create = acceptCreate(value.create);
  if (create.instance_id !== instanceId) throw wrong("/create/instance_id", instanceId);
  if (!isCount(value.disk_bytes)) throw wrong("/disk_bytes", "a number of bytes");
  if (!Array.isArray(value.entries)) throw wrong("/entries", "a list");
  const entries = value.entries.map(readEntry);
  checkTree(entries);
  return { version: 1, create, disk_bytes: value.disk_bytes, entries };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw wrong("", "JSON in UTF-8", cause);
  }
}

function acceptCreate(value: unknown): InstanceCreate {
  try {
    return INSTANCE_CREATE.accept(value);
  } catch (cause) {
    throw wrong("/create", "what instance.create holds", cause);
  }
}

function readEntry(value: unknown, index: number): SnapshotEntry {
  const at = `/entries/${index}`;
  if (!isRecord(value) || typeof value.path !== "string" || !isSafePath(value.path)) {
    throw wrong(`${at}/path`, "a relative path without empty parts, . and ..");
  }
  const { path, kind, target } = value;
  if (kind === "link") {
    if (typeof target !== "string" || !staysInside(path, target)) {
      throw wrong(`${at}/target`, "a link that does not lead out of the folder");
    }
    return { path, kind, target };
  }
  const { mode, size, mtime_ms, change } = value;
  if (!isCount(mode) || mode > 0o777) throw wrong(`${at}/mode`, "0 to 511");
  if (kind === "folder") return { path, kind, mode };
  if (kind !== "file") throw wrong(`${at}/kind`, "folder, file or link");
  if (!isCount(size) || !isCount(mtime_ms)) throw wrong(`${at}/size`, "a number of bytes");
  return { path, kind, mode, size, mtime_ms, change: String(change) };
}

/** Sorted, so each path is there once; and whatever lies in a folder comes after that folder. */
function checkTree(entries: readonly SnapshotEntry[]): void {
  const folders = new Set([""]);
  let before = "";
  for (const [index, { path, kind }] of entries.entries()) {
    if (path <= before) throw wrong(`/entries/${index}/path`, "paths in order, each once");
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (!folders.has(parent)) throw wrong(`/entries/${index}/path`, "a path in a folder before it");
    if (kind === "folder") folders.add(path);
    before = path;
  }
}

/** Whether a path names something below the folder, on any system. */
export function isSafePath(path: string): boolean {
  const parts = path.split("/");
  const isPlain = (part: string) =>
    part !== "" && part !== "." && part !== ".." && !/[\0\\]/.test(part);
  return parts.every(isPlain) && Buffer.byteLength(path) <= PATH_SIZE_MAX && !NOT_CARRIED.has(path);
}

/**
 * Whether a link at `path` stays below the folder. `..` may stand at the beginning only: behind another link
 * it would lead to where that one leads. So every step goes to a real folder first and then only down.
 */
export function staysInside(path: string, target: string): boolean {
  const parts = target.split("/");
  const ups = parts.findIndex((part) => part !== "..");
  const down = ups < 0 ? [] : parts.slice(ups);
  const depth = path.split("/").length - 1;
  const upCount = ups < 0 ? parts.length : ups;
  const isPlain = (part: string) =>
    part !== "" && part !== "." && part !== ".." && !/[\0\\]/.test(part);
  return target !== "" && upCount <= depth && down.every(isPlain) && target.length <= PATH_SIZE_MAX;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function wrong(pointer: string, expected: string, cause?: unknown): RnpError {
  const text = `the manifest of an instance: ${pointer || "/"}: expected ${expected}`;
  const details = { message_type: "instance.chunk", pointer, expected };
  return new RnpError("PROTOCOL_ERROR", text, { details, cause });
}

/** As the schema of `instance.chunk` says: some hundred thousand files. */
export const MANIFEST_SIZE_MAX = 64 * 1024 ** 2;
/** What common systems take for one path. */
const PATH_SIZE_MAX = 4095;
