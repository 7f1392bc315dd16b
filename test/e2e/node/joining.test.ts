import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createNode,
  type IdentityConflict,
  type RnpNode,
  scaledTiming,
  TIMINGS,
} from "../../../runtime/index.js";
import { testCertificate } from "../../support/certificates.js";
import { startCluster, startNode, untilMembers } from "../../support/cluster.js";
import { newFolder } from "../../support/folders.js";
import { freeAddress } from "../../support/proxy.js";
import { keepingLogger } from "../../unit/node/fake-origin.js";

/** Silence of 0.7 s kills; fast enough for a test, slow enough for a busy machine. */
const liveness = scaledTiming(0.02, TIMINGS.specification);

const portOf = (address: string | undefined) => Number(address!.split(":").at(-1));

function rowOf(node: RnpNode, id: string) {
  return node.memberList().find((member) => member.node === id);
}

describe("joining", () => {
  it("takes any one of several seeds, and finds a controller although another seed is wrong", async () => {
    const controller = await startNode("controller-1");
    const dead = await freeAddress();
    const node = await startNode("node-1", { join: [dead, controller.address!] });
    expect((await node.controller()).id).toBe("controller-1");
    await untilMembers(controller, 2);
  });

  it("takes any one of the addresses of a name", async () => {
    const controller = await startNode("controller-1");
    const asked: string[] = [];
    const resolve = async (host: string) => {
      asked.push(host);
      // Nobody listens at the first ones, nor can anybody.
      return ["127.9.9.1", "127.9.9.2", "127.9.9.3", "127.9.9.4", "127.0.0.1"];
    };
    const seed = `seeds.example:${portOf(controller.address)}`;
    const node = await startNode("node-1", { join: [seed], resolve });
    await untilMembers(node, 2);
    expect(asked).toContain("seeds.example");
    expect(rowOf(node, "controller-1")?.address).toBe(controller.address);
  });

  it("goes on trying a name that is not known yet", async () => {
    const controller = await startNode("controller-1");
    let askedCount = 0;
    const resolve = async () => {
      askedCount += 1;
      if (askedCount < 3) throw new Error("ENOTFOUND");
      return ["127.0.0.1"];
    };
    const seed = `late.example:${portOf(controller.address)}`;
    const node = await startNode("node-1", { join: [seed], resolve });
    await untilMembers(node, 2);
    expect(askedCount).toBe(3);
  });

  it("gives up only where all seeds are of no use, and says why", async () => {
    const id = "controller-2";
    const identity = await testCertificate({ id, role: "controller", cluster: "other" });
    const other = await startNode(id, { identity });
    const node = await startNode("node-1", { join: [other.address!] });
    await expect(node.controller({ timeoutMs: 5000 })).rejects.toMatchObject({
      code: "AUTH_FAILED",
    });
    const controller = await startNode("controller-1");
    node.join([controller.address!]);
    expect((await node.controller()).id).toBe("controller-1");
  });

  it("is not fooled by its own address among the seeds", async () => {
    const address = await freeAddress();
    const node = await startNode("controller-1", { listen: address, join: [address] });
    const second = await startNode("node-1", { join: [address] });
    await untilMembers(node, 2);
    await untilMembers(second, 2);
    expect(node.memberList().map(({ node: id }) => id)).toEqual(["controller-1", "node-1"]);
  });

  it("finds the cluster again by what it remembers, after a restart, with all seeds gone", async () => {
    const remember = join(await newFolder(), "members.json");
    const { controller, nodes } = await startCluster(2);
    const seed = controller.address!;
    const before = await startNode("node-9", { join: [seed], remember });
    await untilMembers(before, 4);
    const epoch = rowOf(before, "node-9")!.epoch!;
    await before.close();
    await controller.close();
    expect(JSON.parse(await readFile(remember, "utf8")).epoch).toBe(epoch);
    const again = await startNode("node-9", { join: [seed], remember });
    await untilMembers(again, 3);
    expect(rowOf(nodes[0]!, "node-9")).toMatchObject({ state: "alive" });
    expect(rowOf(nodes[0]!, "node-9")!.epoch).toBeGreaterThan(epoch);
  });

  it("has a later epoch than the process before, although the clock was set back", async () => {
    const remember = join(await newFolder(), "members.json");
    const epoch = Date.now() + 3_600_000;
    await writeFile(remember, JSON.stringify({ epoch, addresses: [] }));
    const node = await startNode("node-1", { remember });
    expect(rowOf(node, "node-1")?.epoch).toBe(epoch + 1);
  });

  it("joins again when nobody else is left", async () => {
    const address = await freeAddress();
    const first = await startNode("controller-1", { listen: address });
    const node = await startNode("node-1", { join: [address], liveness });
    await untilMembers(node, 2);
    await first.close();
    await untilMembers(node, 1);
    const second = await startNode("controller-1", { listen: address });
    await untilMembers(second, 2);
    await untilMembers(node, 2);
  });

  it("refuses a timeline that cannot work, before it starts anything", async () => {
    const wrong = startNode("node-1", { liveness: { suspectAfterMs: 1 } });
    await expect(wrong).rejects.toThrow("liveness: suspectAfterMs has to come after lateAfterMs");
  });
});

describe("a pair of members", () => {
  it("needs one connection between them, whoever dialled it", async () => {
    const network = { idle_timeout_seconds: 0.3 };
    const { controller, nodes } = await startCluster(3, { liveness, network });
    const all = [controller, ...nodes];
    const countOf = (node: RnpNode) => node.connections().filter(({ isOpen }) => isOpen).length;
    await expect.poll(() => all.map(countOf)).toEqual([3, 3, 3, 3]);
    const states = nodes[0]!.memberList().map(({ state }) => state);
    expect(states).toEqual(["alive", "alive", "alive", "alive"]);
  });

  it("measures how far each other is away", async () => {
    const { controller, nodes } = await startCluster(1);
    await expect.poll(() => rowOf(controller, "node-1")?.rttMs).toBeGreaterThan(0);
    await expect.poll(() => rowOf(nodes[0]!, "controller-1")?.rttMs).toBeGreaterThan(0);
  });
});

describe("two processes under one name", () => {
  it("are reported by both; the later one stays, and nobody sees it flap", async () => {
    const { controller, nodes } = await startCluster(2, { liveness });
    const seen: string[] = [];
    void (async () => {
      for await (const { kind, node } of nodes[0]!.members()) {
        if (node === "node-9") seen.push(kind);
      }
    })();
    const conflicts: [string, IdentityConflict][] = [];
    const twin = async (name: string) => {
      const onConflict = (conflict: IdentityConflict) => void conflicts.push([name, conflict]);
      const logger = keepingLogger();
      const options = { join: [controller.address!], liveness, onConflict, logger };
      return { node: await startNode("node-9", options), logger };
    };
    const older = await twin("older");
    await untilMembers(nodes[0]!, 4);
    const later = await twin("later");
    await expect
      .poll(() => conflicts.map(([name, { isSuperseded }]) => `${name} ${isSuperseded}`).sort())
      .toEqual(["later false", "older true"]);
    for (const { logger } of [older, later]) {
      expect(logger.lines.filter(([level]) => level === "error")).toHaveLength(1);
    }
    await expect.poll(() => rowOf(nodes[0]!, "node-9")?.address).toBe(later.node.address);
    await older.node.close();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(rowOf(nodes[0]!, "node-9")).toMatchObject({ state: "alive" });
    expect(seen).toEqual(["joined", "restarted"]);
  });
});

describe("a client under the name of a member", () => {
  it("is not taken for it", async () => {
    const { controller, nodes } = await startCluster(1);
    const known = () => ({ ...rowOf(controller, "node-1"), rttMs: undefined });
    const before = known();
    const client = await createNode({ identity: await testCertificate({ id: "node-1" }) });
    await (await client.peerAt(controller.address!)).ping({ timestamp: 1 });
    await client.close();
    expect(known()).toEqual(before);
    await nodes[0]!.peer("controller-1").ping({ timestamp: 1 });
    expect(known()).toEqual(before);
  });
});
