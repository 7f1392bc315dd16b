import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((path) => rm(path, { recursive: true })));
});

/** A new folder, which is gone after the test. */
export async function newFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "rnp-test-"));
  folders.push(path);
  return path;
}
