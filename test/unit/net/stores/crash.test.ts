import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../../../codegen/package-root.js";
import { LmdbStore } from "../../../../runtime/net/stores/lmdb-store.js";
import { newFolder } from "../../../support/folders.js";
import { lastNumber } from "../../../support/numbered-records.js";
import { StoreProcess } from "../../../support/store-process.js";

const ROUNDS = 30;

it(`has all that was acknowledged after kill -9, and nothing by half, ${ROUNDS} times`, async () => {
  const folder = await newFolder();
  for (let round = 1; round <= ROUNDS; round++) {
    const writer = new StoreProcess([folder]);
    await writer.printed(1);
    await pause(Math.random() * 60);
    await writer.kill();
    const store = await LmdbStore.open(folder);
    expect(await lastNumber(store)).toBeGreaterThanOrEqual(writer.lastAcked);
    expect(writer.lastAcked).toBeGreaterThan(0);
    await store.close();
  }
}, 120_000);

it("lets a process exit in the midst of its commits, and has them from the first to some", async () => {
  const folder = await newFolder();
  const program = join(PACKAGE_ROOT, "dist/test/support/store-exit.js");
  // One that waits for LMDB would wait for ever.
  await promisify(execFile)(process.execPath, [program, folder], { timeout: 30_000 });
  const store = await LmdbStore.open(folder);
  const { outbox } = await store.load();
  expect(outbox.map(({ number }) => number)).toEqual(outbox.map((_, index) => index + 1));
  await store.close();
}, 60_000);
