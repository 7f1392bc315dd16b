import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IntegrityOptions, RnpNode } from "../../../runtime/index.js";
import { temporaryFolder, testCertificate } from "../../support/certificates.js";
import { runRnp } from "../../support/cli.js";
import { startCluster, startNode } from "../../support/cluster.js";
import { RawPeer } from "../../support/raw-peer.js";

const [OLD, NEW] = ["an-old-secret-of-this-cluster-0001", "a-new-secret-of-this-cluster-0002"];
const QUERY = { service_name: "user-service" };

function startWith(id: string, integrity?: IntegrityOptions): Promise<RnpNode> {
  return startNode(id, integrity === undefined ? {} : { integrity });
}

async function ask(node: RnpNode, controller: RnpNode) {
  const peer = await node.peerAt(controller.address!);
  return peer.mesh.query(QUERY);
}

function answering(controller: RnpNode): RnpNode {
  controller.handle("mesh.query", (query) => ({ ...query, instances: [] }));
  return controller;
}

describe("nodes with the same secret", () => {
  it.each([{ secrets: [OLD] }, { secrets: [OLD], encrypt: true }])(
    "work as ever: %j",
    async (integrity) => {
      const { controller, nodes } = await startCluster(2, { integrity });
      answering(controller);
      expect(await ask(nodes[0]!, controller)).toMatchObject(QUERY);
      const large = Buffer.alloc(400_000, 5);
      const checksum = `sha256:${"0".repeat(64)}`;
      let got = 0;
      nodes[1]!.handle("fs.replicate", ({ chunk_data }) => {
        got = chunk_data.length;
      });
      const chunk = { file_id: `file-${"0".repeat(32)}`, chunk_id: 0, chunk_data: large, checksum };
      await nodes[0]!.peer("node-2").fs.replicate(chunk);
      expect(got).toBe(large.length);
    },
  );
});

describe("T-MAC-2: a member without the secret", () => {
  it.each([
    ["none", undefined],
    ["another one", { secrets: [NEW] }],
  ])("is refused, for it has %s", async (_, integrity) => {
    const controller = answering(await startWith("controller-1", { secrets: [OLD] }));
    const node = await startWith("node-1", integrity);
    await expect(ask(node, controller)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(controller.connections()).toEqual([]);
  });

  it("is refused where it shares no code with us, with an error that names the reason", async () => {
    const controller = await startWith("controller-1", { secrets: [OLD] });
    const greeting = RawPeer.greet(controller.address!, await testCertificate());
    await expect(greeting).rejects.toThrow("closed without a hello_ack");
  });

  it.each(["short", "x".repeat(31), `${"x".repeat(32)} y`, "ü".repeat(40)])(
    "starts no node: %j",
    async (secret) => {
      const starting = startWith("node-1", { secrets: [secret] });
      await expect(starting).rejects.toMatchObject({ code: "AUTH_FAILED" });
      await expect(starting).rejects.not.toThrow(secret);
    },
  );
});

describe("a secret that is replaced while the cluster runs", () => {
  it("costs no call: rnp secret rotate, three times", async () => {
    const path = join(await temporaryFolder(), "secrets");
    expect((await runRnp(["secret", "new", path])).status).toBe(0);
    const controller = answering(await startWith("controller-1", { secrets: path }));
    const node = await startNode("node-1", {
      integrity: { secrets: path },
      join: [controller.address!],
    });
    const peer = await node.controller();
    let isDone = false;
    let count = 0;
    const calling = (async () => {
      for (; !isDone; count += 1) await peer.mesh.query(QUERY);
    })();
    const secretIdsBefore = await liveIn(path);
    for (const step of ["Step 1", "Step 2", "Step 3"]) {
      const { stdout } = await runRnp(["secret", "rotate", path]);
      expect(stdout).toContain(step);
      // Both nodes look at their files twice a second.
      await new Promise((resolve) => setTimeout(resolve, 1200));
    }
    const countThen = count;
    await expect.poll(() => count).toBeGreaterThan(countThen);
    isDone = true;
    await calling;
    const secretIdsAfter = await liveIn(path);
    expect(secretIdsAfter).toHaveLength(1);
    expect(secretIdsAfter).not.toEqual(secretIdsBefore);
    // What rested on the old secret has been replaced.
    const stale = await startWith("node-2", { secrets: secretIdsBefore });
    await expect(ask(stale, controller)).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});

/** The secrets that a file holds. */
async function liveIn(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);
}
