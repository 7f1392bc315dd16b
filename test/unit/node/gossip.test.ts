import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIVENESS } from "../../../runtime/core/liveness-timing.js";
import { Gossip } from "../../../runtime/node/gossip.js";
import { SILENT } from "../../../runtime/node/logger.js";
import { MemberFeed } from "../../../runtime/node/member-feed.js";
import type { Peer } from "../../../runtime/node/peer.js";

const NODE_2 = { id: "node-2", role: "node", cluster: "test" } as const;

function announcementOf(port: number) {
  return { address: `127.0.0.1:${port}`, version: "1.0.0", capabilities: [] };
}

describe("gossip", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function start() {
    const announce = vi.fn(async () => {});
    const gossip = new Gossip({
      self: { id: "node-1", role: "node", cluster: "test" },
      announcement: announcementOf(1),
      timing: LIVENESS,
      report: () => ({ cpu_percent: 0, ram_used_mb: 0, instances: 0 }),
      peer: () => ({ gossip: { announce } }) as unknown as Peer,
      locate: () => {},
      onLeave: () => {},
      feed: new MemberFeed(),
      logger: SILENT,
    });
    gossip.start();
    return { gossip, announce };
  }

  it("announces itself to a member that is new here", () => {
    const { gossip, announce } = start();
    gossip.handleAnnounce(NODE_2, announcementOf(2));
    expect(announce).toHaveBeenCalledTimes(1);
  });

  it("still listens once it is stopped, but says nothing and keeps no timer", () => {
    const { gossip, announce } = start();
    gossip.stop();
    gossip.handleAnnounce(NODE_2, announcementOf(2));
    gossip.handleHeartbeat(NODE_2);
    expect(gossip.members.map(({ node }) => node)).toEqual(["node-1", "node-2"]);
    expect(announce).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});
