import { X509Certificate } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RnpNode } from "../../../runtime/index.js";
import { revocationList } from "../../../runtime/security/revocations.js";
import {
  forge,
  temporaryFolder,
  testAuthority,
  testCertificate,
} from "../../support/certificates.js";
import { startNode } from "../../support/cluster.js";
import { messageOf, RawPeer } from "../../support/raw-peer.js";

const greet = async (node: RnpNode, id: string) =>
  RawPeer.greet(node.address!, await testCertificate({ id }), id);

async function serialOf(id: string): Promise<string> {
  return new X509Certificate((await testCertificate({ id })).cert).serialNumber;
}

/** A file in a folder of its own that is replaced at one stroke, as tools do. */
async function listFile(name: string, text: string) {
  const path = join(await temporaryFolder(), name);
  const write = async (next: string) => {
    await writeFile(`${path}.new`, next);
    await rename(`${path}.new`, path);
  };
  await write(text);
  return { path, write };
}

async function revoking(...serials: string[]): Promise<string> {
  const revocations = serials.map((serial) => ({ serial, revokedAt: Date.now() }));
  return revocationList(await testAuthority(), revocations);
}

describe("T-TLS-4: a good certificate and another name", () => {
  it.each([
    ["node_id", { node_id: "node-3" }],
    ["role", { node_id: "node-2", role: "controller" }],
    ["cluster", { node_id: "node-2", cluster: "other" }],
  ])("a hello with another %s is UNAUTHORIZED, which names the rule", async (field, claim) => {
    const node = await startNode("node-1");
    const peer = await RawPeer.connect(node.address!, await testCertificate({ id: "node-2" }));
    peer.say(messageOf("hello", "node-2", { version: "1.0", ...claim }));
    const { data } = await peer.hear("error");
    expect(data).toMatchObject({
      code: "UNAUTHORIZED",
      details: { rule: `${field}-is-the-certificates` },
    });
    await peer.closed();
    expect(node.connections()).toEqual([]);
  });
});

describe("T-TLS-6: the list of allowed nodes", () => {
  it("keeps out whoever is not on it, either way", async () => {
    const node = await startNode("node-1", { allow: ["node-2"] });
    (await greet(node, "node-2")).socket.destroy();
    await expect(greet(node, "node-3")).rejects.toThrow("closed without a hello_ack");
    expect(node.refusals().identity).toBe(1);
    const other = await startNode("node-3");
    await expect(node.peerAt(other.address!)).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: expect.stringContaining("node-3 is not on the list of nodes that are allowed"),
    });
  });

  it("closes the connections of whoever is taken off it, with the reason, and of nobody else", async () => {
    const list = await listFile("allowed", "# the cluster\nnode-2 # rack 1\n\nnode-3\n");
    const node = await startNode("node-1", { allow: list.path });
    const [stays, goes] = [await greet(node, "node-2"), await greet(node, "node-3")];
    await list.write("node-2\n");
    const { data } = await goes.hear("error");
    expect(data).toMatchObject({ code: "AUTH_FAILED", details: { node_id: "node-3" } });
    await goes.closed();
    await expect(greet(node, "node-3")).rejects.toThrow("closed without a hello_ack");
    stays.say(messageOf("ping", "node-2", { timestamp: 1 }));
    await stays.hear("pong");
    await list.write("node-2\nnode-3\n");
    await expect.poll(() => greet(node, "node-3").catch(() => undefined)).toBeDefined();
  });

  it.each([
    ["empty", ""],
    ["damaged", "node-2\n\u0000\n"],
  ])("that is %s changes nothing, and the log says so", async (_, text) => {
    const errors: string[] = [];
    const logger = {
      debug() {},
      info() {},
      warn() {},
      error: (_: object, line: string) => void errors.push(line),
    };
    const list = await listFile("allowed", "node-2\n");
    const node = await startNode("node-1", { allow: list.path, logger });
    const peer = await greet(node, "node-2");
    await list.write(text);
    await expect
      .poll(() => errors)
      .toContain("a list of peers is not good; the one before it holds");
    peer.say(messageOf("ping", "node-2", { timestamp: 1 }));
    await peer.hear("pong");
  });

  it.each([
    ["empty", ""],
    ["no list", "Node One\n"],
  ])("that is %s starts no node", async (_, text) => {
    const { path } = await listFile("allowed", text);
    await expect(startNode("node-1", { allow: path })).rejects.toThrow(
      `${path}: expected ids of nodes, one on each line`,
    );
  });

  it("that is missing starts no node", async () => {
    await expect(startNode("node-1", { allow: "/nowhere/list" })).rejects.toThrow(
      "/nowhere/list: cannot be read (ENOENT)",
    );
  });
});

describe("T-TLS-6: the list of revoked certificates", () => {
  it("keeps out whoever is on it, and closes the connections of whoever comes on it", async () => {
    const list = await listFile("ca.crl", await revoking(await serialOf("node-3")));
    const node = await startNode("node-1", { revoked: list.path });
    const goes = await greet(node, "node-2");
    await expect(greet(node, "node-3")).rejects.toThrow("closed without a hello_ack");
    await list.write(await revoking(await serialOf("node-3"), await serialOf("node-2")));
    expect((await goes.hear("error")).data).toMatchObject({
      code: "AUTH_FAILED",
      message: "the certificate of node-2 was revoked",
    });
    await goes.closed();
  });

  it("counts only where the cluster's CA has signed it", async () => {
    const foreign = await revocationList(await testAuthority("test", 1), []);
    const { path } = await listFile("ca.crl", foreign);
    await expect(startNode("node-1", { revoked: path })).rejects.toThrow(
      "one that another CA has signed",
    );
  });
});

describe("T-TLS-9: a certificate that expires while a connection is open", () => {
  it("ends it, and the peer hears why", async () => {
    const node = await startNode("node-1");
    const identity = { id: "node-2", role: "node", cluster: "test" } as const;
    const shortLived = await forge({ fromDays: -1, untilDays: 3 / 86_400 }, identity);
    const peer = await RawPeer.greet(node.address!, shortLived, "node-2");
    const { validTo } = new X509Certificate(shortLived.cert);
    expect((await peer.hear("error")).data).toMatchObject({ code: "AUTH_FAILED" });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(validTo));
    await peer.closed();
    await expect(RawPeer.greet(node.address!, shortLived, "node-2")).rejects.toThrow();
  });
});
