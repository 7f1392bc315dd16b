import { describe, expect, it } from "vitest";
import {
  FLAWS,
  type Flaw,
  testCertificate,
  testCertificateFiles,
} from "../support/certificates.js";
import { startNode } from "../support/cluster.js";
import { startPython, withoutPython } from "../support/python-peer.js";
import { RawPeer } from "../support/raw-peer.js";

/** A certificate for clients alone serves a client; it is refused where somebody listens with it. */
const REFUSED = (Object.keys(FLAWS) as Flaw[]).filter((flaw) => flaw !== "client-only");

describe.skipIf(withoutPython)(`a handshake ${withoutPython ?? ""}`, () => {
  it.each([
    ["all that it knows", undefined, ["bin", "delivery", "flow", "lz4", "streams"]],
    ["one capability, and one that nobody knows", ["bin", "later"], ["bin"]],
    ["none", [], []],
  ])("with %s is agreed on, whoever dials", async (_, capabilities, common) => {
    const node = await startNode("node-1");
    const python = await startPython("python-1", { ...(capabilities && { capabilities }) });
    const agreed = await python.dial(node.address!);
    expect(agreed).toEqual({ peer: "node-1", role: "node", capabilities: common });
    expect(await node.peer("python-1").ping({ timestamp: 7 })).toMatchObject({
      request_timestamp: 7,
    });

    const other = await startNode("node-2");
    const peer = await other.peerAt(python.address);
    expect(peer.id).toBe("python-1");
    expect(await peer.ping({ timestamp: 8 })).toMatchObject({ request_timestamp: 8 });
    const ping = { to: "node-2", type: "ping", data: { timestamp: 9 } };
    expect(await python.do("request", ping)).toMatchObject({ request_timestamp: 9 });
  });

  it("is refused by Python where another node answers than was expected", async () => {
    const node = await startNode("node-1");
    const python = await startPython("python-1");
    const wrong = { address: node.address, expected: "node-2" };
    await expect(python.do("dial", wrong)).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });

  it("is refused by both where the clusters differ", async () => {
    const node = await startNode("node-1");
    const files = await testCertificateFiles({ id: "python-1", cluster: "other" });
    const python = await startPython("python-1", { files });
    await expect(python.dial(node.address!)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(node.peerAt(python.address)).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });

  it.each(REFUSED)("is refused by Python where the certificate is %s", async (flaw) => {
    const python = await startPython("python-1");
    const identity = await testCertificate({ id: "node-1", flaw });
    await expect(RawPeer.greet(python.address, identity, "node-1")).rejects.toThrow();
    const good = await startNode("node-2");
    expect((await good.peerAt(python.address)).id).toBe("python-1");
  });
});
