import { spawnSync } from "node:child_process";
import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { open as openLmdb } from "lmdb";
import { describe, expect, it } from "vitest";
import { LmdbStore } from "../../../../runtime/net/stores/lmdb-store.js";
import { newFolder } from "../../../support/folders.js";
import { lastNumber, numbered } from "../../../support/numbered-records.js";
import { StoreProcess } from "../../../support/store-process.js";

/** A closed store with numbered records, of several levels of pages and with values of several pages. */
async function closedStore(count = 300) {
  const folder = join(await newFolder(), "a", "store");
  const store = await LmdbStore.open(folder);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  await Promise.all(numbers.map((number) => store.commit(numbered(number))));
  await store.close();
  return { folder, file: join(folder, "store.mdb") };
}

async function overwrite(file: string, change: (bytes: Buffer) => void): Promise<void> {
  const bytes = await readFile(file);
  change(bytes);
  await writeFile(file, bytes);
}

const DAMAGED = { code: "INTERNAL_ERROR", message: expect.stringContaining("is damaged") };

describe("a store on disk", () => {
  it("may be read by its user only", async () => {
    const { folder } = await closedStore();
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
    expect(await modeOf(folder)).toBe("700");
    expect(await modeOf(join(folder, ".."))).toBe("700");
    for (const name of ["store.mdb", "store.mdb-lock", "owner.mdb", "owner.mdb-lock"]) {
      expect(await modeOf(join(folder, name))).toBe("600");
    }
  });

  it("is refused to a second process, by its id, until the first is gone", async () => {
    const { folder } = await closedStore();
    const writer = new StoreProcess([folder]);
    await writer.printed(1);
    await expect(LmdbStore.open(folder)).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining(`process ${writer.pid} has it`),
    });
    await writer.kill();
    const store = await LmdbStore.open(folder);
    expect(await lastNumber(store)).toBeGreaterThan(300);
    await store.close();
  });

  it("is refused where a later version of the software wrote it", async () => {
    const folder = await newFolder();
    await (await LmdbStore.open(folder)).close();
    // In a record with a check, so it takes the store's own code to change it.
    const { sealed } = await import("../../../../runtime/net/stores/records.js");
    const path = join(folder, "store.mdb");
    const options = { path, noSubdir: true, encoding: "binary", keyEncoding: "binary" } as const;
    const database = openLmdb<Buffer, Buffer>({ ...options, overlappingSync: false });
    const label = Buffer.from(JSON.stringify({ format: 2, id: "x", generation: 1 }));
    await database.put(Buffer.of(1), sealed(Buffer.of(1), label));
    await database.close();
    await expect(LmdbStore.open(folder)).rejects.toMatchObject({ code: "VERSION_MISMATCH" });
  });

  it("is refused where the file is something else", async () => {
    const { folder, file } = await closedStore();
    await writeFile(file, "these are not the records you are looking for".repeat(1000));
    await expect(LmdbStore.open(folder)).rejects.toMatchObject(DAMAGED);
  });

  it("is refused where a record has changed on disk", async () => {
    const { folder, file } = await closedStore();
    await overwrite(file, (bytes) => {
      const place = bytes.lastIndexOf("300 .....");
      bytes[place + 5] = 0x2d;
    });
    await expect(LmdbStore.open(folder)).rejects.toMatchObject(DAMAGED);
  });

  it("is refused where the end of its file is missing, wherever that begins", async () => {
    const { folder, file } = await closedStore();
    const whole = await readFile(file);
    for (const part of [0.001, 0.1, 0.5, 0.9]) {
      await writeFile(file, whole);
      await truncate(file, Math.floor(whole.length * part));
      await expect(LmdbStore.open(folder)).rejects.toMatchObject(DAMAGED);
    }
  });

  it("is refused, or has all of its records, whichever page was lost", async () => {
    const { folder, file } = await closedStore();
    const whole = await readFile(file);
    let refusedCount = 0;
    for (let page = 0; page < whole.length / PAGE_SIZE; page += 7) {
      await writeFile(file, whole);
      await overwrite(file, (bytes) => bytes.fill(0, page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
      const store = await LmdbStore.open(folder).catch((thrown: unknown) => {
        expect(thrown).toMatchObject(DAMAGED);
        refusedCount++;
      });
      // A page that nobody uses.
      if (store !== undefined) expect(await lastNumber(store)).toBe(300);
      await store?.close();
    }
    expect(refusedCount).toBeGreaterThan(5);
  });

  it("can be opened again after it was refused", async () => {
    const { folder, file } = await closedStore();
    const whole = await readFile(file);
    await truncate(file, 5000);
    await expect(LmdbStore.open(folder)).rejects.toMatchObject(DAMAGED);
    await writeFile(file, whole);
    const store = await LmdbStore.open(folder);
    expect(await lastNumber(store)).toBe(300);
    await store.close();
  });

  it("takes nothing more once the disk is full, and has what it acknowledged", async () => {
    const folder = await newFolder();
    // In blocks of 512 bytes, whatever shell it is.
    const limit = ["sh", "-c", 'ulimit -f 4000; exec "$@"', "sh"];
    const writer = new StoreProcess([folder], limit);
    await writer.ended();
    expect(writer.lines.filter((line) => !line.startsWith("acked"))).toEqual([
      "failed INTERNAL_ERROR unknown",
      "then INTERNAL_ERROR not-delivered",
    ]);
    expect(writer.lastAcked).toBeGreaterThan(10);
    const store = await LmdbStore.open(folder);
    expect(await lastNumber(store)).toBeGreaterThanOrEqual(writer.lastAcked);
    await store.close();
  }, 60_000);

  it.skipIf(!canTrace())("acknowledges a commit after the system has synced it", async () => {
    const folder = await newFolder();
    const log = join(folder, "trace");
    const traced = "trace=openat,fdatasync,pwrite64,write";
    const tracer = ["strace", "-f", "-o", log, "-e", traced];
    await new StoreProcess([join(folder, "store"), "3"], tracer).ended();
    const trace = await readFile(log, "utf8");
    // The header, which makes the pages valid, goes through a descriptor that syncs each write.
    const header = /store\.mdb", O_WRONLY\|O_DSYNC.* = (\d+)/.exec(trace)?.[1];
    const calls = trace.matchAll(/ (fdatasync)\(| pwrite64\((\d+)|"(acked \d+)/g);
    const story = Array.from(calls, ([, sync, written, acked]) => {
      return sync ?? acked ?? (written === header ? "header" : "page");
    });
    const steps = story.filter((step) => step !== "page").slice(-9);
    const one = ["fdatasync", "header"];
    expect(steps).toEqual([...one, "acked 1", ...one, "acked 2", ...one, "acked 3"]);
  });
});

const PAGE_SIZE = 4096;

function canTrace(): boolean {
  return spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;
}
