import { rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { oneAtATime, watchPath } from "../../../runtime/security/watched-file.js";
import { temporaryFolder } from "../../support/certificates.js";
import { deferred } from "../../support/deferred.js";

async function watched(text?: string) {
  const path = join(await temporaryFolder(), "file");
  if (text !== undefined) await writeFile(path, text);
  const seen = { count: 0 };
  onTestFinished(
    watchPath(path, () => {
      seen.count += 1;
    }),
  );
  return { path, seen };
}

describe("a watched file", () => {
  it("tells when it is written, replaced by another, made and removed", async () => {
    const { path, seen } = await watched("1");
    const changes = [
      () => writeFile(path, "22"),
      async () => {
        await writeFile(`${path}.new`, "33");
        await rename(`${path}.new`, path);
      },
      () => unlink(path),
      () => writeFile(path, "4"),
    ];
    for (const change of changes) {
      const before = seen.count;
      await change();
      await expect.poll(() => seen.count).toBeGreaterThan(before);
    }
  });

  it("may not be there yet", async () => {
    const { path, seen } = await watched();
    await writeFile(path, "1");
    await expect.poll(() => seen.count).toBeGreaterThan(0);
  });
});

describe("work that is done one at a time", () => {
  it("is done once more for all that came meanwhile", async () => {
    const steps = [deferred(), deferred(), deferred()];
    let begun = 0;
    const run = oneAtATime(() => steps[begun++]!.promise);
    const all = [run(), run(), run()];
    expect(begun).toBe(1);
    steps[0]!.resolve();
    await expect.poll(() => begun).toBe(2);
    steps[1]!.resolve();
    await Promise.all(all);
    expect(begun).toBe(2);
    void run();
    expect(begun).toBe(3);
    steps[2]!.resolve();
  });
});
