import { X509Certificate } from "node:crypto";
import { chmod, copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadIdentity, readRevocations } from "../../../runtime/security/certificate-files.js";
import { folderWithCa, rnpCa } from "../../support/ca-command.js";
import { temporaryFolder, testCertificate } from "../../support/certificates.js";
import { hasTool, openssl } from "../../support/tools.js";

afterEach(() => vi.unstubAllEnvs());

async function certificateAt(path: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(path));
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

/** A folder with a CA and the certificate of `node-1`. */
async function folderWithNode(...options: string[]): Promise<{ folder: string; cert: string }> {
  const folder = await folderWithCa();
  await rnpCa("issue", folder, "node-1", ...options);
  return { folder, cert: join(folder, "node-1.crt") };
}

function identityIn(folder: string, ca = "ca.crt") {
  const paths = { cert: "node-1.crt", key: "node-1.key", ca };
  return loadIdentity({
    cert: join(folder, paths.cert),
    key: join(folder, paths.key),
    ca: join(folder, paths.ca),
  });
}

describe("--key-type ed25519", () => {
  it("makes such a CA and such certificates, which load", async () => {
    const folder = await folderWithCa("--key-type", "ed25519");
    await rnpCa("issue", folder, "node-1", "--key-type", "ed25519");
    expect(await rnpCa("show", join(folder, "ca.crt"))).toMatch(/^key {10}ed25519$/m);
    expect(await rnpCa("show", join(folder, "node-1.crt"))).toMatch(/^key {10}ed25519$/m);
    expect((await identityIn(folder)).identity.id).toBe("node-1");
  });

  it("goes with a CA of the other kind", async () => {
    const { folder } = await folderWithNode("--key-type", "ed25519");
    expect((await identityIn(folder)).identity.id).toBe("node-1");
  });
});

describe("the passphrase of a CA's key", () => {
  const PASSPHRASE = "correct horse battery";

  async function passphraseFile(passphrase: string): Promise<string> {
    const path = join(await temporaryFolder(), "passphrase");
    await writeFile(path, `${passphrase}\n`);
    return path;
  }

  it("is read from a file, encrypts the key and is needed to issue", async () => {
    const file = await passphraseFile(PASSPHRASE);
    const folder = await folderWithCa("--passphrase-file", file);
    expect(await readFile(join(folder, "ca.key"), "utf8")).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    await expect(rnpCa("issue", folder, "node-1")).rejects.toThrow(
      "ca.key: the private key is encrypted; for a CA, give its passphrase with --passphrase-file",
    );
    await rnpCa("issue", folder, "node-1", "--passphrase-file", file);
    expect((await identityIn(folder)).identity.id).toBe("node-1");
  });

  it("is read from the environment too", async () => {
    vi.stubEnv("RNP_CA_PASSPHRASE", PASSPHRASE);
    const folder = await folderWithCa();
    await rnpCa("issue", folder, "node-1");
    vi.stubEnv("RNP_CA_PASSPHRASE", "another passphrase");
    await expect(rnpCa("issue", folder, "node-2")).rejects.toThrow(
      "ca.key: this is not the passphrase of the private key",
    );
  });

  it("has twelve characters, or no CA is made", async () => {
    vi.stubEnv("RNP_CA_PASSPHRASE", "too short");
    await expect(folderWithCa()).rejects.toThrow("at least 12 characters, and this one 9");
  });

  it("that cannot be read is no empty one", async () => {
    const missing = folderWithCa("--passphrase-file", "/nowhere/passphrase");
    await expect(missing).rejects.toThrow("/nowhere/passphrase: the passphrase cannot be read");
  });
});

describe("--force", () => {
  it("writes over a certificate and its key, and nothing does without it", async () => {
    const { folder, cert } = await folderWithNode();
    const before = await certificateAt(cert);
    await expect(rnpCa("issue", folder, "node-1")).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect((await certificateAt(cert)).serialNumber).toBe(before.serialNumber);
    await rnpCa("issue", folder, "node-1", "--force");
    expect((await certificateAt(cert)).serialNumber).not.toBe(before.serialNumber);
    await identityIn(folder);
  });

  it("leaves the rights of the new key as they should be, whatever those of the old one were", async () => {
    const { folder } = await folderWithNode();
    const key = join(folder, "node-1.key");
    await chmod(key, 0o644);
    await rnpCa("issue", folder, "node-1", "--force");
    expect(await modeOf(key)).toBe(0o600);
  });

  it("writes over a CA", async () => {
    const folder = await folderWithCa();
    const before = await certificateAt(join(folder, "ca.crt"));
    await rnpCa("init", folder, "--cluster", "demo", "--force");
    const after = await certificateAt(join(folder, "ca.crt"));
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(await modeOf(join(folder, "ca.key"))).toBe(0o600);
  });
});

describe("rnp ca renew", () => {
  it("gives the same node a certificate and a key that are new", async () => {
    const { folder, cert } = await folderWithNode("--role", "controller", "--key-type", "ed25519");
    const out = await temporaryFolder();
    const text = await rnpCa("renew", folder, cert, "--out", out);
    expect(text).toMatch(
      /^Renewed node-1, a controller of cluster demo,\nvalid until .* \(365 days\)/,
    );
    const [old, renewed] = [
      await certificateAt(cert),
      await certificateAt(join(out, "node-1.crt")),
    ];
    expect(renewed.subjectAltName).toBe(old.subjectAltName);
    expect(renewed.publicKey.asymmetricKeyType).toBe("ed25519");
    expect(renewed.publicKey.equals(old.publicKey)).toBe(false);
    await identityIn(out);
  });

  it("replaces the old ones in place when it is told to", async () => {
    const { folder, cert } = await folderWithNode();
    const before = await certificateAt(cert);
    await expect(rnpCa("renew", folder, cert)).rejects.toThrow("or add --force");
    await rnpCa("renew", folder, cert, "--force", "--days", "30");
    expect((await certificateAt(cert)).serialNumber).not.toBe(before.serialNumber);
    await identityIn(folder);
  });

  it("is not for a certificate of another CA", async () => {
    const folder = await folderWithCa();
    const other = join(await temporaryFolder(), "other.crt");
    await writeFile(other, (await testCertificate({ cluster: "demo" })).cert);
    await expect(rnpCa("renew", folder, other)).rejects.toThrow("it is not one of this CA");
  });

  it("is not for one that was revoked", async () => {
    const { folder, cert } = await folderWithNode();
    await rnpCa("revoke", folder, cert);
    await expect(rnpCa("renew", folder, cert, "--force")).rejects.toThrow("it was revoked");
  });
});

describe("rnp ca revoke", () => {
  it("puts certificates and serials on a list, beside those that are there, each once", async () => {
    const { folder, cert } = await folderWithNode();
    const { serialNumber } = await certificateAt(cert);
    const text = await rnpCa("revoke", folder, cert);
    expect(text).toContain("Revoked 1 certificate; 1 serial on the list.");
    const again = JSON.parse(
      await rnpCa("revoke", folder, "0abc:def012345", serialNumber, "--json"),
    );
    expect(again).toEqual({
      list: join(folder, "ca.crl"),
      added: ["ABCDEF012345"],
      revoked: [serialNumber, "ABCDEF012345"],
    });
    const revoked = await readRevocations(folder);
    expect(revoked.map(({ serial }) => serial)).toEqual([serialNumber, "ABCDEF012345"]);
  });

  it("does not take what is neither", async () => {
    const folder = await folderWithCa();
    await expect(rnpCa("revoke", folder, "nowhere.crt")).rejects.toThrow(
      "nowhere.crt: no such file",
    );
    const ca = rnpCa("revoke", folder, join(folder, "ca.crt"));
    await expect(ca).rejects.toThrow("a CA is not revoked but left out of the bundle");
  });

  it("does not go on from a list that was tampered with", async () => {
    const { folder, cert } = await folderWithNode();
    const list = join(folder, "ca.crl");
    for (const text of [
      "",
      "nothing",
      "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
    ]) {
      await writeFile(list, text);
      await expect(rnpCa("revoke", folder, cert)).rejects.toThrow(
        `${list}: expected revocation lists of this cluster's CA`,
      );
    }
    const other = await folderWithCa();
    await rnpCa("revoke", other, "12345678");
    await copyFile(join(other, "ca.crl"), list);
    await expect(rnpCa("revoke", folder, cert)).rejects.toThrow("one that another CA has signed");
  });
});

describe("rnp ca bundle", () => {
  it("holds both CAs, with which the certificates of either load", async () => {
    const [old, next] = [await folderWithNode(), await folderWithNode()];
    const out = join(await temporaryFolder(), "both.crt");
    const files = [join(next.folder, "ca.crt"), join(old.folder, "ca.crt")];
    expect(await rnpCa("bundle", out, ...files)).toMatch(/^Wrote 2 CAs of cluster demo:\n/);
    for (const { folder } of [old, next]) {
      await copyFile(out, join(folder, "both.crt"));
      expect((await identityIn(folder, "both.crt")).identity.id).toBe("node-1");
    }
  });

  it("has each CA once, and is not written over unasked", async () => {
    const folder = await folderWithCa();
    const ca = join(folder, "ca.crt");
    const out = join(folder, "bundle.crt");
    const { serialNumber } = await certificateAt(ca);
    const facts = JSON.parse(await rnpCa("bundle", out, ca, ca, "--json"));
    expect(facts).toMatchObject({ cluster: "demo", authorities: [{ serial: serialNumber }] });
    await expect(rnpCa("bundle", out, ca)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await rnpCa("bundle", out, out, "--force");
  });

  it("is of CAs of one cluster only", async () => {
    const { folder, cert } = await folderWithNode();
    const ca = join(folder, "ca.crt");
    const out = join(folder, "bundle.crt");
    await expect(rnpCa("bundle", out, ca, cert)).rejects.toThrow("a certificate that is no CA");
    const other = await temporaryFolder();
    await rnpCa("init", other, "--cluster", "other");
    await expect(rnpCa("bundle", out, ca, join(other, "ca.crt"))).rejects.toThrow(
      'expected a CA of cluster "demo", as those before it, got one of "other"',
    );
  });
});

describe.skipIf(!hasTool("openssl"))("OpenSSL", () => {
  it.each(["p256", "ed25519"])(
    "accepts a certificate of %s until it is on the list",
    async (type) => {
      const folder = await folderWithCa("--key-type", type);
      await rnpCa("issue", folder, "node-1", "--key-type", type);
      const [ca, cert, list] = ["ca.crt", "node-1.crt", "ca.crl"].map((name) => join(folder, name));
      for (const purpose of ["sslserver", "sslclient"]) {
        const verified = await openssl([
          "verify",
          "-x509_strict",
          "-CAfile",
          ca!,
          "-purpose",
          purpose,
          cert!,
        ]);
        expect(verified).toMatchObject({ status: 0, text: expect.stringContaining("OK") });
      }
      await rnpCa("revoke", folder, "12345678");
      const words = ["verify", "-CAfile", ca!, "-CRLfile", list!, "-crl_check", cert!];
      expect((await openssl(words)).status).toBe(0);
      await rnpCa("revoke", folder, cert!);
      expect((await openssl(words)).text).toContain("certificate revoked");
      const read = await openssl(["crl", "-in", list!, "-CAfile", ca!, "-noout"]);
      expect(read.text).toContain("verify OK");
    },
  );

  it("opens the encrypted key with its passphrase", async () => {
    vi.stubEnv("RNP_CA_PASSPHRASE", "correct horse battery");
    const key = join(await folderWithCa(), "ca.key");
    const open = async (passphrase: string) =>
      (await openssl(["pkey", "-in", key, "-noout", "-passin", `pass:${passphrase}`])).status;
    expect(await open("correct horse battery")).toBe(0);
    expect(await open("another passphrase")).not.toBe(0);
  });
});
