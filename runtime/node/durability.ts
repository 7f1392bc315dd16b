import { MESSAGES } from "../../generated/dispatch.js";
import { Journal } from "../core/delivery/keeping/journal.js";
import { Outbox, type Undelivered } from "../core/delivery/keeping/outbox.js";
import type { DeliveryStore } from "../core/delivery/keeping/store.js";
import { Sessions } from "../core/delivery/receiving/sessions.js";
import { HOST, now } from "../net/clock.js";
import { openStore } from "../net/stores/open-store.js";
import type { Logger } from "./logger.js";
import type { NodeOptions } from "./options.js";
import { WatchedStore } from "./watched-store.js";

/** What of a node outlives its process. */
export interface Durability {
  readonly store: DeliveryStore;
  readonly outbox: Outbox;
  readonly sessions: Sessions;
  /** Closes the store, where the node opened it. */
  close(): Promise<void>;
}

/**
 * Opens the store of a node, and takes over what an earlier process has left in it.
 *
 * @throws RnpError as `openStore` does
 */
export async function openDurability(
  { store: given, onUndelivered }: NodeOptions,
  logger: Logger,
): Promise<Durability | undefined> {
  if (given === undefined) return undefined;
  const opened = typeof given === "string" ? await openStore(given) : given;
  const store = new WatchedStore(opened, logger);
  const content = await store.load();
  const outbox = new Outbox(
    {
      store,
      host: HOST,
      messages: MESSAGES,
      onUndelivered: (undelivered) => tell(undelivered, onUndelivered, logger),
      onForgotten: (channel, by) => logger.error({ ...channel }, FORGOTTEN[by]),
    },
    content,
    now(),
  );
  const sessions = new Sessions(undefined, new Journal(store), content.receiving);
  const close = async () => {
    if (typeof given === "string") await opened.close();
  };
  return { store, outbox, sessions, close };
}

/** Loudly, as promises end with it: what was on its way exactly-once ends with `SESSION_LOST`. */
const FORGOTTEN = {
  sender: "this node's store was lost or set back: the peer knows more of the channel than it does",
  receiver: "the peer's store was lost or set back: it has no record of what it acknowledged",
};

function tell(
  undelivered: Undelivered,
  onUndelivered: NodeOptions["onUndelivered"],
  logger: Logger,
): void {
  const { data: _, ...fields } = undelivered;
  logger.error(fields, "a message of the outbox was not delivered");
  try {
    onUndelivered?.(undelivered);
  } catch (error) {
    logger.error({ ...fields, error }, "onUndelivered failed");
  }
}
