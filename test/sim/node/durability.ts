import { MESSAGES } from "../../../generated/dispatch.js";
import { Journal } from "../../../runtime/core/delivery/keeping/journal.js";
import { Outbox, type Undelivered } from "../../../runtime/core/delivery/keeping/outbox.js";
import type { StoreIdentity } from "../../../runtime/core/delivery/keeping/store.js";
import { Sessions } from "../../../runtime/core/delivery/receiving/sessions.js";
import type { Host } from "../../../runtime/core/host.js";
import type { Disk } from "../disk/disk.js";
import type { World } from "../world/world.js";
import type { Life } from "./life.js";
import { contentOf } from "./messages.js";
import { SimStore } from "./sim-store.js";

/** What of a node outlives its process; what `openDurability` of the runtime gives. */
export interface Durability {
  readonly identity: StoreIdentity;
  readonly store: SimStore;
  readonly outbox: Outbox;
  readonly sessions: Sessions;
}

/** Opens the store on the disk of a node, and takes over what an earlier process has left in it. */
export function openDurability(world: World, life: Life, disk: Disk, host: Host): Durability {
  const { node } = life;
  const store = new SimStore(disk, life, () => world.dice.uuid());
  const { content, identity } = store;
  const onUndelivered = ({ type, data, error: { code } }: Undelivered) => {
    const { call } = contentOf(MESSAGES.get(type!)!, data);
    world.tell({ kind: "undelivered", call, node, code });
  };
  const outbox = new Outbox(
    {
      ...{ store, host, messages: MESSAGES, onUndelivered },
      onForgotten: (key, by) => world.tell({ kind: "forgotten", node, ...key, by }),
    },
    content,
    life.now,
  );
  const sessions = new Sessions(undefined, new Journal(store), content.receiving);
  return { identity, store, outbox, sessions };
}
