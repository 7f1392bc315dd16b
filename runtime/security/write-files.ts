import { randomUUID } from "node:crypto";
import { mkdir, open, rename, unlink } from "node:fs/promises";
import { RnpError } from "../core/error.js";

/* How certificates, keys and lists come to disk: whole, with the rights they need, and over nothing unasked. */

const DIRECTORY_MODE = 0o700;
/** Everybody may read a certificate. */
export const CERT_MODE = 0o644;
/** A key is its owner's alone. */
export const KEY_MODE = 0o600;

export interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** What may be written over. */
export interface WriteOptions {
  /** Replaces files that are there, each at one stroke. Default: they are left alone. */
  readonly force?: boolean | undefined;
}

/**
 * Writes all of `files`, or none: they are complete under other names before the first gets its own.
 *
 * @throws RnpError `ALREADY_EXISTS` where one is there, unless `force` is set
 */
export async function writeFiles(
  directory: string,
  files: readonly NewFile[],
  { force = false }: WriteOptions = {},
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE }).catch((cause: unknown) => {
    throw notWritten(directory, cause);
  });
  if (force) await replaceAll(files);
  else await createAll(files);
}

async function createAll(files: readonly NewFile[]): Promise<void> {
  const created: string[] = [];
  for (const file of files) {
    try {
      await create(file.path, file, created);
    } catch (cause) {
      await Promise.all(created.map((half) => unlink(half)));
      throw reasonOf(cause) === "EEXIST" ? alreadyThere(file.path) : notWritten(file.path, cause);
    }
  }
}

async function replaceAll(files: readonly NewFile[]): Promise<void> {
  const suffix = `.${randomUUID()}`;
  const created: string[] = [];
  for (const file of files) {
    try {
      await create(file.path + suffix, file, created);
    } catch (cause) {
      await Promise.all(created.map((half) => unlink(half)));
      throw notWritten(file.path, cause);
    }
  }
  for (const { path } of files) {
    await rename(path + suffix, path).catch((cause: unknown) => {
      throw notWritten(path, cause);
    });
  }
}

async function create(path: string, { text, mode }: NewFile, created: string[]): Promise<void> {
  // "wx" is O_CREAT | O_EXCL: it also refuses a link that someone has put there.
  await using file = await open(path, "wx", mode);
  created.push(path);
  await file.writeFile(text);
  await file.sync();
}

function alreadyThere(path: string): RnpError {
  return new RnpError(
    "ALREADY_EXISTS",
    `${path}: is already there and is not written over unasked; move it away, choose another folder, ` +
      "or add --force",
    { details: { kind: "file", id: path } },
  );
}

function notWritten(path: string, cause: unknown): RnpError {
  return new RnpError(
    "INTERNAL_ERROR",
    `${path}: cannot be written (${reasonOf(cause)}); choose a folder that this user can write to`,
    { cause },
  );
}

/** The system's short word for why a file operation failed, such as `EACCES`. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return String(cause);
}
