import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createAuthority, issue } from "../../../runtime/security/authority.js";
import {
  assertValidNow,
  clusterOf,
  expiresAt,
  identityOf,
  identityUri,
  parseAuthorityUri,
  parseIdentityUri,
} from "../../../runtime/security/identity.js";
import { forge, testAuthority, testCertificate } from "../../support/certificates.js";

const AUTH_FAILED = { code: "AUTH_FAILED" };
const LONGEST = "a".repeat(63);

async function certificateNamed(...uris: string[]): Promise<X509Certificate> {
  return new X509Certificate((await forge({ uris })).cert);
}

describe("an identity's URI", () => {
  it("comes back as it was written", () => {
    const identity = { id: "node-1", role: "controller", cluster: "demo" } as const;
    expect(identityUri(identity)).toBe("rnp://demo/controller/node-1");
    expect(parseIdentityUri(identityUri(identity))).toEqual(identity);
  });

  it("may have names of 63 characters", () => {
    const identity = { id: LONGEST, role: "node", cluster: LONGEST } as const;
    expect(parseIdentityUri(identityUri(identity))).toEqual(identity);
  });

  it.each([
    "",
    "node-1",
    "rnp://test/node",
    "rnp://test/node/",
    "rnp://test//node-1",
    "rnp:///node/node-1",
    "rnp://test/node/node-1/",
    "rnp://test/node/node-1/x",
    "rnp://test/node/node-1.",
    "rnp://test/node/node-1\n",
    "rnp://test/node/node-1\0",
    " rnp://test/node/node-1",
    "rnp://test/node/node_1",
    "rnp://test/node/node%2d1",
    "rnp://test/node/nöde-1",
    "rnp://test/node/node。1",
    "rnp://test/node/*",
    "rnp://test/admin/node-1",
    "rnp://test/Node/node-1",
    "rnp://Test/node/node-1",
    "RNP://test/node/node-1",
    "rnps://test/node/node-1",
    "rnp://me@test/node/node-1",
    "rnp://test:1/node/node-1",
    "rnp://test/node/node-1?a",
    "rnp://test/node/node-1#a",
    `rnp://test/node/${LONGEST}a`,
    `rnp://${LONGEST}a/node/node-1`,
  ])("is refused as %j", (text) => {
    expect(() => parseIdentityUri(text)).toThrow(expect.objectContaining(AUTH_FAILED));
  });

  it("is repeated in the error as one short printable line", () => {
    const text = `rnp://\n\u001b[31m${"x".repeat(65_536)}`;
    expect(() => parseIdentityUri(text)).toThrow(/got 'rnp:\/\/\?\?\[31mx+\.\.\.'; issue one/);
  });

  it("is another form for a CA, which is no node", () => {
    expect(parseAuthorityUri("rnp://demo")).toBe("demo");
    expect(() => parseAuthorityUri("rnp://demo/node/node-1")).toThrow("rnp://<cluster>");
    expect(() => parseIdentityUri("rnp://demo")).toThrow("rnp://<cluster>/<role>/<node-id>");
  });
});

describe("the identity of a certificate", () => {
  it("is the one name that it carries", async () => {
    const { cert } = await testCertificate({ id: "node-7", role: "controller", cluster: "demo" });
    const identity = identityOf(new X509Certificate(cert));
    expect(identity).toEqual({ id: "node-7", role: "controller", cluster: "demo" });
  });

  it.each([
    ["no-san", "got none (the common name is never used)"],
    ["cn-only", "got none (the common name is never used)"],
    ["dns-name", "got 'DNS:node-1'"],
    ["two-sans", "got several, "],
    ["two-san-extensions", "got two SAN extensions"],
    ["quoted-san", "got a quoted name, "],
    ["upper-case", "got 'rnp://test/node/NODE-1'"],
    ["wrong-role", "got 'rnp://test/admin/node-1'"],
    ["ca-as-leaf", "got the certificate of a CA"],
  ] as const)("is refused where it is %s", async (flaw, got) => {
    const certificate = new X509Certificate((await testCertificate({ flaw })).cert);
    expect(() => identityOf(certificate)).toThrow(expect.objectContaining(AUTH_FAILED));
    expect(() => identityOf(certificate)).toThrow(got);
  });

  it("is refused where another kind of name stands beside it", async () => {
    const { cert } = await forge({ dnsNames: ["node-1"] });
    expect(() => identityOf(new X509Certificate(cert))).toThrow("got several");
  });

  it.each([
    "rnp://test/node/node-1\0",
    "rnp://test/node/node-1\0.example",
    'rnp://test/node/node-1", URI:"x',
    "rnp://test/node/node-1,URI:rnp://test/node/node-2",
    "rnp://test/node/node-1\n",
    `rnp://test/node/${"a".repeat(65_536)}`,
  ])("is refused where the name hides something", async (uri) => {
    const certificate = await certificateNamed(uri);
    expect(() => identityOf(certificate)).toThrow(expect.objectContaining(AUTH_FAILED));
  });

  it("is not to be had from a CA, whose cluster is, nor the other way round", async () => {
    const authority = new X509Certificate((await testAuthority("demo")).cert);
    expect(clusterOf(authority)).toBe("demo");
    expect(() => identityOf(authority)).toThrow("got the certificate of a CA");
    const leaf = await certificateNamed("rnp://demo");
    expect(() => clusterOf(leaf)).toThrow("a certificate that is no CA");
  });
});

describe("the dates of a certificate", () => {
  const issuedAt = Date.UTC(2026, 0, 1);
  const expiry = Date.UTC(2026, 0, 11);

  async function tenDays(): Promise<X509Certificate> {
    const authority = await createAuthority({ cluster: "test", unixTimeMs: issuedAt - 86_400_000 });
    const issued = await issue({
      authority,
      id: "node-1",
      role: "node",
      days: 10,
      unixTimeMs: issuedAt,
    });
    return new X509Certificate(issued.cert);
  }

  it("hold from five minutes before it was issued until its last day is over", async () => {
    const certificate = await tenDays();
    expect(expiresAt(certificate)).toBe(expiry);
    for (const now of [issuedAt - 300_000, issuedAt, expiry - 1]) {
      expect(() => assertValidNow(certificate, now)).not.toThrow();
    }
  });

  it("are told with what to do where they do not hold", async () => {
    const certificate = await tenDays();
    expect(() => assertValidNow(certificate, issuedAt - 300_001)).toThrow(
      "the certificate is not valid before 2025-12-31T23:55:00Z, and the clock here says " +
        "2025-12-31T23:54:59Z; set the clocks right",
    );
    expect(() => assertValidNow(certificate, expiry, "node-1.crt")).toThrow(
      "node-1.crt expired at 2026-01-11T00:00:00Z, and the clock here says 2026-01-11T00:00:00Z; " +
        "issue a new one with `rnp ca issue`",
    );
  });

  it("that cannot be read are no dates", () => {
    const unreadable = { validFrom: "Bad time value", validTo: "Bad time value" };
    expect(() => assertValidNow(unreadable as X509Certificate, issuedAt)).toThrow(
      expect.objectContaining(AUTH_FAILED),
    );
  });
});
