import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InstanceLog } from "../../../runtime/constellation/instance-log.js";
import { recordingLogger, temporaryFolder } from "./support.js";

function end(log: InstanceLog): Promise<void> {
  return new Promise((resolve) => log.end(resolve));
}

describe("the log of an instance", () => {
  it("is appended to what an earlier life wrote", async () => {
    const path = join(await temporaryFolder(), "output.log");
    await writeFile(path, "before\n");
    const log = new InstanceLog({ path, sizeMax: 1000, logger: recordingLogger().logger });
    log.write("after\n");
    await end(log);
    expect(await readFile(path, "utf8")).toBe("before\nafter\n");
  });

  it("is rotated before it grows past its size, and keeps one older file", async () => {
    const path = join(await temporaryFolder(), "output.log");
    const log = new InstanceLog({ path, sizeMax: 10, logger: recordingLogger().logger });
    for (const line of ["11111", "22222", "33333", "44444", "55555"]) log.write(line);
    await end(log);
    expect(await readFile(path, "utf8")).toBe("55555");
    expect(await readFile(`${path}.1`, "utf8")).toBe("3333344444");
  });

  it("drops output that the disk refuses, says so once and never blocks the writer", async () => {
    const path = join(await temporaryFolder(), "absent", "output.log");
    const { logger, lines } = recordingLogger();
    const log = new InstanceLog({ path, sizeMax: 10, logger });
    for (let count = 0; count < 100; count++) log.write("x".repeat(1000));
    await end(log);
    expect(lines).toEqual(["error: an instance's output cannot be kept"]);
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});
