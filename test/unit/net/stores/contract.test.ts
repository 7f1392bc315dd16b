import { join } from "node:path";
import { LmdbStore } from "../../../../runtime/net/stores/lmdb-store.js";
import { newFolder } from "../../../support/folders.js";
import { MemoryDisk } from "../../../support/memory-disk.js";
import { MemoryStore } from "../../../support/memory-store.js";
import { describeStore } from "../../../support/store-contract.js";

describeStore("a store on disk", async () => {
  const folder = join(await newFolder(), "store");
  return { open: () => LmdbStore.open(folder) };
});

let diskCount = 0;

describeStore("a store in memory", async () => {
  const disk = new MemoryDisk(`store-${diskCount++}`);
  return { open: async () => new MemoryStore(disk) };
});
