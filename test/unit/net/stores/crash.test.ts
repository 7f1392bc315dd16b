import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
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
