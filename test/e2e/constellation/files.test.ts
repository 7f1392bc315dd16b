import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Agent, readFile } from "../../../runtime/constellation/index.js";
import { startNode } from "../../support/cluster.js";
import { startProxy } from "../../support/proxy.js";
import { agent, controller, patient } from "../../unit/constellation/running.js";
import { until } from "../../unit/constellation/support.js";

const MIB = 1024 ** 2;

/** A reader without a store, and two storage nodes that are reached through proxies. */
async function scene() {
  const first = await controller({ liveness: patient });
  const address = first.node.address!;
  const storage = async (id: string) => {
    const proxy = await startProxy();
    const listen = { listen: proxy.target, advertise: proxy.address };
    return { proxy, agent: await agent(id, address, { liveness: patient, ...listen }) };
  };
  const near = await storage("node-2");
  const far = await storage("node-3");
  const reader = await agent("node-1", address, { liveness: patient, capabilities: [] });
  const agents = [near.agent, far.agent, reader];
  const alive = ({ node }: Agent) =>
    node.memberList().filter(({ state }) => state === "alive").length === 4;
  await until(() => agents.every(alive));
  return { first, near, far, reader };
}

describe("a file of the cluster", () => {
  it("is read from the nearest node, and from the next where that one is lost midway", async () => {
    const { near, far, reader } = await scene();
    const bytes = randomBytes(12 * MIB);
    await reader.writeFile("/data.bin", bytes, { replicationFactor: 2 });
    far.proxy.delayMs = 150;
    const [nearBefore, farBefore] = [near.proxy.receivedBytes, far.proxy.receivedBytes];
    near.proxy.onReceived = () => {
      if (near.proxy.receivedBytes - nearBefore < 4 * MIB) return;
      near.proxy.block();
      far.proxy.delayMs = 0;
    };
    const parts: Uint8Array[] = [];
    for await (const part of reader.streamFile("/data.bin")) parts.push(part);
    expect(bytes.equals(Buffer.concat(parts))).toBe(true);
    const fromFar = far.proxy.receivedBytes - farBefore;
    expect(fromFar).toBeGreaterThan(4 * MIB);
    // It went on where it was: what had come from the near one was not read again.
    expect(fromFar).toBeLessThan(11 * MIB);
  });

  it("is read by a node that is no agent, and one that nobody holds is not found", async () => {
    const { first, reader } = await scene();
    await reader.writeFile("/note.txt", Buffer.from("remember"), { replicationFactor: 2 });
    const plain = await startNode("operator", {
      listen: "127.0.0.1:0",
      join: [first.node.address!],
    });
    await until(() => plain.memberList().length === 5);
    expect(Buffer.from(await readFile(plain, "/note.txt")).toString()).toBe("remember");
    await expect(readFile(plain, "/absent")).rejects.toMatchObject({
      code: "NOT_FOUND",
      details: { kind: "file", id: "/absent" },
    });
  });

  it("stops being sent when its reader leaves", async () => {
    const { near, far, reader } = await scene();
    await reader.writeFile("/data.bin", randomBytes(32 * MIB), { replicationFactor: 2 });
    const received = () => near.proxy.receivedBytes + far.proxy.receivedBytes;
    const before = received();
    for await (const _ of reader.streamFile("/data.bin")) break;
    await until(async () => {
      const now = received();
      await new Promise((resolve) => setTimeout(resolve, 100));
      // Heartbeats go on.
      return received() - now < MIB / 10;
    });
    expect(received() - before).toBeLessThan(16 * MIB);
  });
});
