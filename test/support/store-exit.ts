/**
 * Commits many times at once to the store in a folder and exits in the next turn of the event loop, in the midst of it.
 *
 * Usage: node dist/test/support/store-exit.js FOLDER
 */
import { LmdbStore } from "../../runtime/net/stores/lmdb-store.js";

const COUNT = 1000;
const store = await LmdbStore.open(process.argv[2]!);
for (let number = 1; number <= COUNT; number++) {
  const message = new Uint8Array(150);
  store.commit({ outbox: [{ peer: "a", channel: "b", number, message }] }).catch(() => {});
}
setImmediate(() => process.exit(0));
