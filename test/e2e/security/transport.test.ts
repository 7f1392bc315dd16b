import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { NodeOptions, RnpNode } from "../../../runtime/index.js";
import { parseAddress } from "../../../runtime/net/address.js";
import { issue } from "../../../runtime/security/authority.js";
import { writeCertificate } from "../../../runtime/security/certificate-files.js";
import {
  temporaryFolder,
  testAuthority,
  testCertificate,
  testCertificateFiles,
} from "../../support/certificates.js";
import { startNode } from "../../support/cluster.js";
import { RawPeer } from "../../support/raw-peer.js";
import { hasTool, openssl, runTool } from "../../support/tools.js";

/** What `openssl s_client` says of a node; with a good certificate and ALPN unless told otherwise. */
async function knock(node: RnpNode, more: readonly string[] = [], without: readonly string[] = []) {
  const { cert, key, ca } = await testCertificateFiles({ id: "node-2" });
  const usual = { "-cert": cert, "-key": key, "-CAfile": ca, "-alpn": "rnp/1" };
  const words = Object.entries(usual)
    .filter(([name]) => !without.includes(name))
    .flat();
  // What it says is no RNP, so the node ends whatever it has let in, and then it ends.
  const program = ["s_client", "-ign_eof", "-connect", node.address!];
  return openssl([...program, ...words, ...more], "This is not RNP.\n");
}

/** Whether a peer that node can hear is served by it. */
async function serves(node: RnpNode): Promise<boolean> {
  const peer = await RawPeer.greet(
    node.address!,
    await testCertificate({ id: "node-9" }),
    "node-9",
  );
  peer.socket.destroy();
  return true;
}

describe.skipIf(!hasTool("openssl"))("T-TLS-1: TLS before 1.3", () => {
  it.each(["-tls1_2", "-tls1_1", "-tls1"])("is refused: %s", async (version) => {
    const node = await startNode("node-1");
    const { text } = await knock(node, [version, "-cipher", "ALL:@SECLEVEL=0"]);
    expect(text).toMatch(/alert protocol version|no protocols available/);
    expect(text).toContain("no peer certificate available");
  });

  it("is 1.3, with the first suite that both know, and X25519", async () => {
    const { text } = await knock(await startNode("node-1"));
    expect(text).toContain("New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384");
    expect(text).toMatch(/Server Temp Key: X25519/);
    expect(text).toContain("ALPN protocol: rnp/1");
  });

  it.each([
    ["TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
    ["TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
  ])("goes by the node's order of suites: %s", async (offered, chosen) => {
    const { text } = await knock(await startNode("node-1"), ["-ciphersuites", offered]);
    expect(text).toContain(`New, TLSv1.3, Cipher is ${chosen}`);
  });

  it.each([
    ["-ciphersuites", "TLS_AES_128_CCM_SHA256"],
    ["-groups", "P-521"],
  ])("knows no other: %s %s", async (option, value) => {
    const { text } = await knock(await startNode("node-1"), [option, value]);
    expect(text).toContain("alert handshake failure");
  });

  it("takes P-256 too", async () => {
    const { text } = await knock(await startNode("node-1"), ["-groups", "P-256"]);
    expect(text).toMatch(/Server Temp Key: ECDH, prime256v1/);
  });
});

describe.skipIf(!hasTool("openssl"))("T-TLS-2: no client certificate", () => {
  it("is refused by TLS", async () => {
    const node = await startNode("node-1");
    const { text } = await knock(node, [], ["-cert", "-key"]);
    expect(text).toContain("alert certificate required");
    expect(node.refusals().handshake).toBe(1);
  });
});

describe.skipIf(!hasTool("openssl"))("T-TLS-3: the certificate of another CA", () => {
  it("is refused by TLS", async () => {
    const node = await startNode("node-1");
    const foreign = await issue({
      authority: await testAuthority("test", 1),
      id: "node-2",
      role: "node",
    });
    const { cert, key } = await writeCertificate(await temporaryFolder(), foreign);
    await knock(node, ["-cert", cert, "-key", key], ["-cert", "-key"]);
    await expect.poll(() => node.refusals().handshake + node.refusals().identity).toBe(1);
    expect(node.connections()).toEqual([]);
  });
});

describe.skipIf(!hasTool("openssl"))("T-TLS-7: a session that was saved", () => {
  it("is not resumed, for there is none", async () => {
    const node = await startNode("node-1");
    const session = join(await temporaryFolder(), "session.pem");
    await knock(node, ["-sess_out", session]);
    const { text } = await knock(node, ["-sess_in", session], ["-cert", "-key"]);
    expect(text).not.toContain("Reused");
    expect((await knock(node)).text).toContain("New, TLSv1.3");
  });
});

describe.skipIf(!hasTool("openssl"))("T-TLS-10: ALPN", () => {
  it("of another protocol is refused by TLS", async () => {
    const { text } = await knock(await startNode("node-1"), ["-alpn", "h2"], ["-alpn"]);
    expect(text).toContain("alert no application protocol");
  });

  it("that is missing is refused before anything is read", async () => {
    const node = await startNode("node-1");
    await knock(node, [], ["-alpn"]);
    await expect.poll(() => node.refusals().identity).toBe(1);
    expect(node.connections()).toEqual([]);
  });
});

describe.skipIf(!hasTool("sslscan"))("sslscan", () => {
  it("sees TLS 1.3 with the three suites in their order, and nothing else", async () => {
    const node = await startNode("node-1");
    const { text } = await runTool("sslscan", ["--no-colour", "--no-heartbleed", node.address!]);
    const suites = text.match(/^(?:Preferred|Accepted)\s.*$/gm)?.map((line) => line.split(/\s+/));
    expect(suites?.map(([, version, , , suite]) => [version, suite])).toEqual([
      ["TLSv1.3", "TLS_AES_256_GCM_SHA384"],
      ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
      ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
    ]);
    for (const version of ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2"]) {
      expect(text).toMatch(new RegExp(`^${version}\\s+disabled$`, "m"));
    }
  });
});

describe("T-TLS-11: what is no TLS", () => {
  const CLIENT_HELLO_OF_16K = Buffer.concat([
    Buffer.from("1603014141", "hex"),
    Buffer.alloc(16_705),
  ]);

  it.each([
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: node-1\r\n\r\n")],
    ["an SSH banner", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
    ["zeros", Buffer.alloc(4096)],
    ["a record that is too long", CLIENT_HELLO_OF_16K],
    ["RNP in the clear", Buffer.from("524e50010100000000010000c0", "hex")],
  ])("%s costs the socket at once", async (_, bytes) => {
    const node = await startNode("node-1");
    const socket = await open(node);
    socket.write(bytes);
    await closed(socket);
    expect(node.refusals().handshake).toBe(1);
    expect(await serves(node)).toBe(true);
  });
});

/** Whoever comes from `from`, one of the many addresses of the loopback. */
async function open(node: RnpNode, from = "127.0.0.1"): Promise<Socket> {
  const socket = connectTcp({ ...parseAddress(node.address!), localAddress: from });
  const opened = once(socket, "connect").catch(() => {}); // A reset may come first.
  socket.on("error", () => {});
  await opened;
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  socket.resume(); // An end that nobody reads is never told.
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

function startBounded(limits: NodeOptions["limits"]) {
  return startNode("node-1", { limits: limits! });
}

const STRANGER = "127.0.0.2";

describe.runIf(process.platform === "linux")("T-TLS-12: strangers who say nothing", () => {
  it("are so many of one address, do not keep others out, and are gone in the end", async () => {
    const node = await startBounded({ unprovenPerAddressMax: 16, handshakeBurst: 1000 });
    const silent = await Promise.all(Array.from({ length: 300 }, () => open(node, STRANGER)));
    await expect.poll(() => node.refusals()["unproven-of-address"]).toBe(284);
    expect(await serves(node)).toBe(true);
    await Promise.all(silent.map(closed));
    expect(node.refusals().handshake).toBe(16);
    await closed(await open(node, STRANGER));
    expect(node.refusals()["unproven-of-address"]).toBe(284);
  });

  it("are so many in all", async () => {
    const node = await startBounded({ unprovenMax: 4, unprovenPerAddressMax: 2 });
    const from = (last: number) => open(node, `127.0.0.${last}`);
    const sockets = await Promise.all([2, 2, 3, 3, 4].map(from));
    await expect.poll(() => node.refusals().unproven).toBe(1);
    await Promise.all(sockets.map(closed));
    expect(await serves(node)).toBe(true);
  });

  it("are counted until their hello, not only until TLS is done", async () => {
    const node = await startBounded({ unprovenMax: 1 });
    const identity = await testCertificate({ id: "node-2" });
    const mute = await RawPeer.connect(node.address!, identity);
    const next = await open(node);
    await closed(next);
    expect(node.refusals().unproven).toBe(1);
    await mute.closed();
    // Whoever has said hello counts no more, so a second one has room beside the first.
    await expect
      .poll(() => RawPeer.greet(node.address!, identity, "node-2").catch(() => undefined))
      .toBeDefined();
    expect(await serves(node)).toBe(true);
  });
});

describe.runIf(process.platform === "linux")("T-TLS-13: handshakes without end", () => {
  it("are refused beyond their rate, of the address that begins them", async () => {
    const node = await startBounded({ handshakesPerSecond: 0.001, handshakeBurst: 3 });
    for (let count = 0; count < 5; count += 1) {
      const socket = await open(node, STRANGER);
      socket.destroy();
    }
    await expect.poll(() => node.refusals()["handshake-rate"]).toBe(2);
    expect(await serves(node)).toBe(true);
  });

  it("are told in the log once a second, with how many there were", async () => {
    const lines: { kind?: string; count?: number }[] = [];
    const warn = (fields: object) => void lines.push(fields);
    const logger = { debug() {}, info() {}, warn, error() {} };
    const node = await startNode("node-1", {
      logger,
      limits: { handshakesPerSecond: 0.001, handshakeBurst: 1 },
    });
    for (let count = 0; count < 50; count += 1) await closed(await open(node, STRANGER));
    const told = lines.filter(({ kind }) => kind === "handshake-rate");
    expect(told.length).toBeLessThan(10);
    expect(told[0]).toMatchObject({ count: 1 });
  });
});
