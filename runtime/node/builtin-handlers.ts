import type { Gossip } from "./gossip.js";
import type { HandlerTable } from "./handlers.js";

/** What every node handles itself: the messages that keep its member table. */
export function setBuiltinHandlers(handlers: HandlerTable, gossip: Gossip): void {
  handlers.set("gossip.announce", (data, { peer }) => gossip.handleAnnounce(peer, data));
  handlers.set("gossip.heartbeat", (_, { peer }) => gossip.handleHeartbeat(peer));
  handlers.set("gossip.leave", (data, { peer }) => gossip.handleLeave(peer, data));
  handlers.set("gossip.suspect", (data, { peer }) => gossip.handleSuspect(peer, data));
  handlers.set("sync.request", () => gossip.table());
}
