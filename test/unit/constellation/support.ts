import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Logger } from "../../../runtime/index.js";

/** A logger that keeps `level: message` lines, and the fields of each. */
export function recordingLogger() {
  const lines: string[] = [];
  const fields: object[] = [];
  const log = (level: string) => (about: object, message: string) => {
    lines.push(`${level}: ${message}`);
    fields.push(about);
  };
  const logger: Logger = {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
  };
  return { logger, lines, fields };
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rnp-constellation-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Asks again until `isTrue` holds; the test's own timeout is the limit. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What an instance has printed, both outputs together; empty while nothing is kept. */
export async function printed(dataDir: string, instanceId: string): Promise<string> {
  const folder = join(dataDir, "instances", instanceId);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".log"));
  names.sort((a, b) => Number(a.split(".")[1]) - Number(b.split(".")[1]));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.join("").replaceAll(/^\d+ \S+ std(?:out|err) F /gm, "");
}
