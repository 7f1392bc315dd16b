import { X509Certificate } from "node:crypto";
import { connect, createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { createAuthority, issue } from "../../../runtime/security/authority.js";
import { expiresAt, identityOf, validFrom } from "../../../runtime/security/identity.js";
import {
  type Flaw,
  type PemTexts,
  testAuthority,
  testCertificate,
} from "../../support/certificates.js";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);

describe("an authority", () => {
  it("signs itself, for ten years", async () => {
    const authority = await createAuthority({ cluster: "demo", unixTimeMs: NOW });
    const certificate = new X509Certificate(authority.cert);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subjectAltName).toBe("URI:rnp://demo");
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
    expect(expiresAt(certificate)).toBe(NOW + 3650 * DAY_MS);
  });

  it("may sign certificates and lists, but no other authority", async () => {
    const { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags, X509Certificate } =
      await import("@peculiar/x509");
    const certificate = new X509Certificate((await testAuthority()).cert);
    const constraints = certificate.getExtension(BasicConstraintsExtension);
    expect(constraints).toMatchObject({ ca: true, pathLength: 0, critical: true });
    const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
    expect(usages).toBe(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign);
  });

  it("may last beyond 2050, where X.509 writes its dates differently", async () => {
    const authority = await createAuthority({ cluster: "demo", days: 36_500, unixTimeMs: NOW });
    expect(expiresAt(new X509Certificate(authority.cert))).toBe(NOW + 36_500 * DAY_MS);
  });

  it.each(["", "Demo", "a b", "a/node/b", "a".repeat(64)])(
    "is not made for a cluster named %j",
    async (cluster) => {
      await expect(createAuthority({ cluster })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    },
  );

  it.each([0, -1, 1.5, Number.NaN, 36_501])("is not made for %d days", async (days) => {
    await expect(createAuthority({ cluster: "demo", days })).rejects.toThrow(RangeError);
  });
});

describe("an issued certificate", () => {
  it("names its node in one SAN, byte for byte", async () => {
    const { cert } = await testCertificate({ id: "node-1", role: "controller", cluster: "demo" });
    expect(new X509Certificate(cert).subjectAltName).toBe("URI:rnp://demo/controller/node-1");
  });

  it("is signed by its authority and belongs to its key", async () => {
    const authority = await testAuthority();
    const issued = await issue({ authority, id: "node-1", role: "node" });
    const certificate = new X509Certificate(issued.cert);
    const signer = new X509Certificate(authority.cert);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(signer)).toBe(true);
    expect(certificate.verify(signer.publicKey)).toBe(true);
    expect(issued.ca).toBe(authority.cert);
    expect(issued.identity).toEqual(identityOf(certificate));
  });

  it("has a serial of its own, positive and 16 bytes long", async () => {
    const authority = await testAuthority();
    const serials = new Set<string>();
    for (let count = 0; count < 20; count += 1) {
      const { cert } = await issue({ authority, id: "node-1", role: "node" });
      serials.add(new X509Certificate(cert).serialNumber);
    }
    expect(serials.size).toBe(20);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it("lasts 365 days and starts five minutes back, for clocks that are behind", async () => {
    const authority = await createAuthority({ cluster: "test", unixTimeMs: NOW - DAY_MS });
    const issued = await issue({ authority, id: "node-1", role: "node", unixTimeMs: NOW });
    expect(issued.expiresAt).toBe(NOW + 365 * DAY_MS);
    expect(validFrom(new X509Certificate(issued.cert))).toBe(NOW - 300_000);
  });

  it("never starts before its authority, nor outlives it", async () => {
    const authority = await createAuthority({ cluster: "test", days: 10, unixTimeMs: NOW });
    const behind = NOW - 60_000;
    const issued = await issue({ authority, id: "node-1", role: "node", unixTimeMs: behind });
    expect(validFrom(new X509Certificate(issued.cert))).toBe(NOW - 300_000);
    expect(issued.expiresAt).toBe(NOW + 10 * DAY_MS);
  });

  it("is not to be had from an authority that has expired", async () => {
    const authority = await createAuthority({ cluster: "test", days: 1, unixTimeMs: NOW });
    const order = { authority, id: "node-1", role: "node", unixTimeMs: NOW + DAY_MS } as const;
    await expect(issue(order)).rejects.toThrow("the CA's certificate expired at 2026-01-02");
  });

  it.each(["", "Node", "a/b", "../x", "a".repeat(64)])("is not made for %j", async (id) => {
    const order = { authority: await testAuthority(), id, role: "node" } as const;
    await expect(issue(order)).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});

describe("over mutual TLS 1.3 on loopback", () => {
  it("two issued certificates meet and each side reads the other's identity", async () => {
    const node = await testCertificate({ id: "node-1" });
    const controller = await testCertificate({ id: "controller-1", role: "controller" });
    const met = await meet({ client: node, server: controller });
    expect(met).toEqual({
      protocol: "TLSv1.3",
      seenByServer: "rnp://test/node/node-1",
      seenByClient: "rnp://test/controller/controller-1",
    });
  });

  const refusedByTls: readonly Flaw[] = [
    "expired",
    "not-yet-valid",
    "self-signed",
    "foreign-ca",
    "two-san-extensions",
  ];

  it.each([...refusedByTls, "server-only"] as const)("a client is refused as %s", async (flaw) => {
    const client = await testCertificate({ flaw });
    const server = await testCertificate({ id: "node-2" });
    await expect(meet({ client, server })).rejects.toThrow();
  });

  it.each([...refusedByTls, "client-only"] as const)("a server is refused as %s", async (flaw) => {
    const client = await testCertificate({ id: "node-2" });
    const server = await testCertificate({ flaw });
    await expect(meet({ client, server })).rejects.toThrow();
  });
});

interface Meeting {
  readonly protocol: string | null;
  readonly seenByServer: string;
  readonly seenByClient: string;
}

/** Connects the two, sends one byte back, and tells what each saw; rejects where either side refuses. */
async function meet(sides: { client: PemTexts; server: PemTexts }): Promise<Meeting> {
  const mutual: TlsOptions = { minVersion: "TLSv1.3", requestCert: true, rejectUnauthorized: true };
  let seenByServer = "";
  const server = createServer({ ...sides.server, ...mutual }, (socket) => {
    seenByServer = nameOfPeer(socket);
    socket.end("!");
  });
  server.on("tlsClientError", (_, socket) => socket.destroy());
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return await new Promise<Meeting>((resolve, reject) => {
      // The host's name is nobody's identity here, so Node's check of it is switched off.
      const options = {
        ...sides.client,
        host: "127.0.0.1",
        port,
        checkServerIdentity: () => undefined,
      };
      const socket = connect({ ...options, minVersion: "TLSv1.3" });
      socket.on("data", () => {
        const seenByClient = nameOfPeer(socket);
        resolve({ protocol: socket.getProtocol(), seenByServer, seenByClient });
      });
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("closed before the first byte")));
    });
  } finally {
    server.close();
  }
}

function nameOfPeer(socket: TLSSocket): string {
  return socket.getPeerX509Certificate()?.subjectAltName?.slice("URI:".length) ?? "";
}
