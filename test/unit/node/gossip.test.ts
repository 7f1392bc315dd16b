import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Agreement } from "../../../runtime/core/handshake.js";
import { completeFacts } from "../../../runtime/core/membership/facts.js";
import { TIMINGS } from "../../../runtime/core/membership/timing.js";
import type { Directory } from "../../../runtime/node/directory.js";
import { Gossip, type GossipOptions } from "../../../runtime/node/gossip.js";
import { SILENT } from "../../../runtime/node/logger.js";
import { ServiceTable } from "../../../runtime/node/service-table.js";
import type { Spoken } from "../../../runtime/node/speaker.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";

const EPOCH = 1_705_075_000_000;

/** One end of a connection with `node-2` that agreed to these capabilities. */
function endWith(capabilities: readonly string[] = ["membership"], epoch = EPOCH): Spoken {
  const agreement = { capabilities: new Set(capabilities), peerBootEpochMs: epoch } as object;
  return {
    peer: { id: "node-2", role: "node", cluster: "test" },
    agreement: agreement as Agreement,
  };
}

function announcementOf(port: number) {
  return { address: `127.0.0.1:${port}`, version: "1.0.0", capabilities: [] };
}

describe("gossip", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function start(options: Partial<GossipOptions> = {}) {
    const said: string[] = [];
    const link = {
      queuedBytes: 0,
      send: async ({ type }: MessageType) => void said.push(type),
    };
    const directory = {
      openLink: () => link,
      locate: (node: string, address: string) => void said.push(`locate ${node} ${address}`),
      forget: () => {},
      hold: () => {},
    };
    const gossip = new Gossip({
      self: { id: "node-1", role: "node", cluster: "test" },
      epoch: EPOCH,
      facts: completeFacts("node", { ...announcementOf(1), metadata: {} }),
      isMember: true,
      timing: TIMINGS.specification,
      dissemination: "auto",
      meshMembersMax: 500,
      report: () => ({ cpu_percent: 0, ram_used_mb: 0, instances: 0 }),
      services: new ServiceTable(undefined),
      onLeave: () => {},
      onConflict: () => {},
      directory: directory as unknown as Directory,
      logger: SILENT,
      ...options,
    });
    gossip.start();
    return { gossip, said };
  }

  it("announces itself to a member that is new here, and knows where to dial it", () => {
    const { gossip, said } = start();
    gossip.handleMessage(endWith(), { kind: "announce", data: announcementOf(2) });
    expect(said).toContain("gossip.announce");
    expect(said).toContain("locate node-2 127.0.0.1:2");
  });

  it("says nothing and keeps no timer once it is stopped", async () => {
    const { gossip, said } = start();
    const end = endWith();
    gossip.handleMessage(end, { kind: "announce", data: announcementOf(2) });
    gossip.stop();
    said.length = 0;
    gossip.handleMessage(end, { kind: "heartbeat", data: { sequence: 1 } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gossip.list.all().map(({ node }) => node)).toEqual(["node-1", "node-2"]);
    expect(said).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells all members when it leaves, and settles when they have been told", async () => {
    const { gossip, said } = start();
    gossip.handleMessage(endWith(), { kind: "announce", data: announcementOf(2) });
    await gossip.leave({ reason: "shutdown" }, 1000);
    expect(said.at(-1)).toBe("gossip.leave");
    expect(gossip.list.all()[0]).toMatchObject({ node: "node-1", state: "left" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not take a leave that names instances for the end, since its sender waits for them", () => {
    const leaves: object[] = [];
    const { gossip } = start({ onLeave: (_, leave) => void leaves.push(leave) });
    const end = endWith();
    const state = () => gossip.list.all()[1]?.state;
    gossip.handleMessage(end, { kind: "announce", data: announcementOf(2) });
    gossip.handleLeave(end, { reason: "shutdown", instances: ["inst-1"] });
    expect([leaves.length, state()]).toEqual([1, "alive"]);
    gossip.handleLeave(end, { reason: "shutdown" });
    expect([leaves.length, state()]).toEqual([2, "left"]);
  });

  it("tells lives only to those who show that they understand them", () => {
    const { gossip } = start();
    const own = (origin: Spoken, request: object) =>
      Object.keys(gossip.handleSyncRequest(origin, request).members[0]!);
    expect(own(endWith(), {})).toContain("epoch");
    expect(own(endWith([]), {})).not.toContain("epoch");
    // As a client does, which is no member and so agrees to nothing.
    expect(own(endWith([]), { services_hash: "0000000000000000" })).toContain("epoch");
  });

  it("does not count a client under a member's name for its sign of life", () => {
    const { gossip } = start();
    const end = endWith();
    gossip.handleMessage(end, { kind: "announce", data: announcementOf(2) });
    gossip.handleLeave(end, { reason: "shutdown" });
    gossip.handleOpened({ ...endWith([], EPOCH + 1), replies: endWith([]) } as never);
    expect(gossip.list.all()[1]).toMatchObject({ node: "node-2", state: "left", epoch: EPOCH });
  });

  it("reports a twin once, and the older one that it is superseded", () => {
    const conflicts: object[] = [];
    const { gossip } = start({ onConflict: (conflict) => void conflicts.push(conflict) });
    const twin = {
      ...endWith(["membership"], EPOCH - 5),
      peer: { ...endWith().peer, id: "node-1" },
    };
    gossip.meet(twin);
    gossip.meet({ ...twin });
    expect(conflicts).toMatchObject([
      { node: "node-1", epoch: EPOCH, otherEpoch: EPOCH - 5, isSuperseded: false },
    ]);
  });
});
