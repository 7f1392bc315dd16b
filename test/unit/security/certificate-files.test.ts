import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAuthority, issue } from "../../../runtime/security/authority.js";
import {
  loadIdentity,
  readAuthority,
  writeAuthority,
  writeCertificate,
} from "../../../runtime/security/certificate-files.js";
import type { Credentials } from "../../../runtime/security/credentials.js";
import { expiresAt } from "../../../runtime/security/identity.js";
import {
  forge,
  temporaryFolder,
  testAuthority,
  testCertificate,
  testCertificateFiles,
} from "../../support/certificates.js";

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

async function issued(id = "node-1", cluster = "test"): Promise<Credentials> {
  return issue({ authority: await testAuthority(cluster), id, role: "node" });
}

describe("an authority on disk", () => {
  it("comes back as it was written", async () => {
    const folder = await temporaryFolder();
    const authority = await testAuthority("demo");
    await writeAuthority(folder, authority);
    expect(await readAuthority(folder)).toEqual(authority);
  });

  it("signs as the CA that its key belongs to, where the file holds an old one too", async () => {
    const folder = await temporaryFolder();
    const authority = await testAuthority();
    const { cert } = await writeAuthority(folder, authority);
    await writeFile(cert, `${(await testAuthority("test", 1)).cert}${authority.cert}`);
    expect(await readAuthority(folder)).toEqual(authority);
  });

  it("lies in a new folder of 0700, its key of 0600", async () => {
    const folder = join(await temporaryFolder(), "deep", "certs");
    const paths = await writeAuthority(folder, await testAuthority());
    expect(paths).toEqual({ cert: join(folder, "ca.crt"), key: join(folder, "ca.key") });
    expect(await modeOf(folder)).toBe("700");
    expect(await modeOf(paths.key)).toBe("600");
    expect(await modeOf(paths.cert)).toBe("644");
  });

  it("is never written over", async () => {
    const folder = await temporaryFolder();
    const { key } = await writeAuthority(folder, await testAuthority());
    const before = await readFile(key, "utf8");
    await expect(writeAuthority(folder, await testAuthority("other"))).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
      message: expect.stringContaining(
        `${key}: is already there and is not written over unasked; move`,
      ),
    });
    expect(await readFile(key, "utf8")).toBe(before);
  });

  it("is not half there where one of its files was in the way", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "ca.crt"), "mine");
    await expect(writeAuthority(folder, await testAuthority())).rejects.toThrow("ca.crt");
    expect(await readdir(folder)).toEqual(["ca.crt"]);
    expect(await readFile(join(folder, "ca.crt"), "utf8")).toBe("mine");
  });

  it("does not follow a link that someone has put there", async () => {
    const folder = await temporaryFolder();
    const elsewhere = join(folder, "elsewhere");
    await symlink(elsewhere, join(folder, "ca.key"));
    await expect(writeAuthority(folder, await testAuthority())).rejects.toThrow("ca.key");
    await expect(stat(elsewhere)).rejects.toThrow("ENOENT");
  });

  it("says so where the folder is a file", async () => {
    const path = join(await temporaryFolder(), "certs");
    await writeFile(path, "");
    await expect(writeAuthority(path, await testAuthority())).rejects.toThrow(
      `${path}: cannot be written (EEXIST)`,
    );
  });

  it("is not read where it is missing, expired, of no cluster, or where its key is another's", async () => {
    const folder = await temporaryFolder();
    const missing = readAuthority(folder);
    await expect(missing).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(missing).rejects.toThrow("no such file; make a CA with `rnp ca init`");

    const authority = await testAuthority();
    const { key } = await writeAuthority(folder, authority);
    const end = expiresAt(new X509Certificate(authority.cert));
    await expect(readAuthority(folder, { unixTimeMs: end })).rejects.toThrow(/ca\.crt expired at /);

    await writeFile(key, (await testAuthority("other")).key);
    await expect(readAuthority(folder)).rejects.toThrow("ca.key: expected the private key of ");

    const leaf = await testCertificate();
    await writeFile(join(folder, "ca.crt"), leaf.cert);
    await writeFile(key, leaf.key);
    await expect(readAuthority(folder)).rejects.toThrow("got a certificate that is no CA");
  });
});

describe("a node's certificate on disk", () => {
  it("lies beside its key of 0600 and its CA", async () => {
    const folder = join(await temporaryFolder(), "out");
    const paths = await writeCertificate(folder, await issued());
    expect((await readdir(folder)).sort()).toEqual(["ca.crt", "node-1.crt", "node-1.key"]);
    expect(await modeOf(paths.key)).toBe("600");
    expect(await modeOf(paths.cert)).toBe("644");
    expect(await modeOf(folder)).toBe("700");
  });

  it("joins others of the same CA", async () => {
    const folder = await temporaryFolder();
    await writeAuthority(folder, await testAuthority());
    await writeCertificate(folder, await issued("node-1"));
    await writeCertificate(folder, await issued("node-2"));
    expect(await readdir(folder)).toHaveLength(6);
  });

  it("joins a bundle of CAs that holds its own", async () => {
    const folder = await temporaryFolder();
    const { cert } = await testAuthority();
    await writeFile(join(folder, "ca.crt"), `${(await testAuthority("other")).cert}${cert}`);
    const paths = await writeCertificate(folder, await issued());
    expect((await loadIdentity(paths)).identity.id).toBe("node-1");
  });

  it("is not put beside the CA of another cluster", async () => {
    const folder = await temporaryFolder();
    const { ca } = await writeCertificate(folder, await issued("node-1"));
    const foreign = writeCertificate(folder, await issued("node-2", "other"));
    await expect(foreign).rejects.toThrow(`${ca}: is already there`);
    expect(await readdir(folder)).toHaveLength(3);
  });

  it("is never written over", async () => {
    const folder = await temporaryFolder();
    await writeCertificate(folder, await issued());
    const again = writeCertificate(folder, await issued());
    await expect(again).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await expect(again).rejects.toThrow("node-1.key: is already there");
  });

  it("cannot take the names of the CA's own files", async () => {
    const folder = await temporaryFolder();
    await expect(writeCertificate(folder, await issued("ca"))).rejects.toThrow("choose another");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("loading an identity", () => {
  it("takes paths, or the PEM texts themselves", async () => {
    const paths = await testCertificateFiles({ id: "node-1", role: "controller" });
    const loaded = await loadIdentity(paths);
    expect(loaded.identity).toEqual({ id: "node-1", role: "controller", cluster: "test" });
    expect(loaded.expiresAt).toBe(expiresAt(new X509Certificate(loaded.cert)));
    expect(await loadIdentity({ cert: loaded.cert, key: loaded.key, ca: paths.ca })).toEqual(
      loaded,
    );
  });

  it("takes several CAs, of which one signed the certificate", async () => {
    const { cert, key, ca } = await testCertificate();
    const bundle = `${(await testAuthority("test", 1)).cert}\n${ca}`;
    expect((await loadIdentity({ cert, key, ca: bundle })).ca).toBe(bundle);
  });

  it("takes a certificate file with its CA behind it", async () => {
    const { cert, key, ca } = await testCertificate();
    const { identity } = await loadIdentity({ cert: `${cert}\n${ca}`, key, ca });
    expect(identity.id).toBe("node-1");
  });

  it.each([
    ["expired", /^\[AUTH_FAILED\] the given cert expired at .*Z; issue a new one with `rnp ca/],
    [
      "not-yet-valid",
      /^\[AUTH_FAILED\] the given cert is not valid before .*; set the clocks right/,
    ],
    ["no-san", /^\[AUTH_FAILED\] the given cert: no RNP identity: expected exactly one SAN URI/],
    ["cn-only", /the given cert: no RNP identity: .*got none \(the common name is never used\)/],
    ["dns-name", /the given cert: no RNP identity: .*got 'DNS:node-1'/],
    ["two-sans", /the given cert: no RNP identity: .*got several/],
    ["two-san-extensions", /the given cert: no RNP identity: .*got two SAN extensions/],
    ["quoted-san", /the given cert: no RNP identity: .*got a quoted name/],
    ["upper-case", /the given cert: no RNP identity: .*got 'rnp:\/\/test\/node\/NODE-1'/],
    ["wrong-role", /the given cert: no RNP identity: .*got 'rnp:\/\/test\/admin\/node-1'/],
    ["ca-as-leaf", /the given cert: no RNP identity: .*got the certificate of a CA/],
    ["server-only", /the given cert: expected the extended key usages serverAuth and clientAuth/],
    ["client-only", /the given cert: expected the extended key usages serverAuth and clientAuth/],
    ["self-signed", /the given cert: expected a certificate signed by the given ca, got one of/],
    ["foreign-ca", /the given cert: expected a certificate signed by the given ca, got one of/],
  ] as const)("refuses a certificate that is %s, in one line", async (flaw, message) => {
    const loading = loadIdentity(await testCertificate({ flaw }));
    await expect(loading).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.not.toThrow("\n");
  });

  it("says which file is missing, and which cannot be read", async () => {
    const paths = await testCertificateFiles();
    const missing = loadIdentity({ ...paths, key: "nowhere.key" });
    await expect(missing).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(missing).rejects.toThrow(
      "nowhere.key: no such file; check the path given as `key`",
    );
    const folder = await temporaryFolder();
    await expect(loadIdentity({ ...paths, ca: folder })).rejects.toThrow(
      `${folder}: cannot be read (EISDIR); check the path given as \`ca\``,
    );
  });

  it("says what a file is where it is not what it should be", async () => {
    const paths = await testCertificateFiles();
    const readme = join(await temporaryFolder(), "README");
    await writeFile(readme, "hello");
    await expect(loadIdentity({ ...paths, cert: readme })).rejects.toThrow(
      `${readme}: expected a certificate in PEM, got no PEM at all`,
    );
    await expect(loadIdentity({ ...paths, cert: paths.key })).rejects.toThrow(
      `${paths.key}: expected a certificate in PEM, got PEM of a PRIVATE KEY`,
    );
    await expect(loadIdentity({ ...paths, key: paths.cert })).rejects.toThrow(
      `${paths.cert}: expected a private key in PEM, got PEM of a CERTIFICATE`,
    );
  });

  it("says where a file is damaged", async () => {
    const { cert, key, ca } = await testCertificate();
    const cut = (pem: string) => pem.replace(/\n[^-\n]+\n-----END/, "\n-----END");
    await expect(loadIdentity({ cert: cut(cert), key, ca })).rejects.toThrow(
      "the given cert: the certificate is damaged and cannot be read",
    );
    await expect(loadIdentity({ cert, key: cut(key), ca })).rejects.toThrow(
      "the given key: the private key is damaged and cannot be read",
    );
  });

  it("takes no key with a passphrase", async () => {
    const { cert, key, ca } = await testCertificate();
    const pkcs8 = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;
    const encrypted = createPrivateKey(key).export(pkcs8).toString();
    await expect(loadIdentity({ cert, key: encrypted, ca })).rejects.toThrow(
      "the given key: the private key is encrypted",
    );
  });

  it("says where the key belongs to another certificate", async () => {
    const { cert, ca } = await testCertificate();
    const { key } = await testCertificate({ id: "node-2" });
    await expect(loadIdentity({ cert, key, ca })).rejects.toThrow(
      "the given key: expected the private key of the given cert, got the key of another",
    );
  });

  it("says where it is the CA that has expired", async () => {
    const twoDaysAgo = Date.now() - 2 * 86_400_000;
    const authority = await createAuthority({ cluster: "test", days: 1, unixTimeMs: twoDaysAgo });
    const sources = await forge({}, { id: "node-1", role: "node", cluster: "test" }, authority);
    await expect(loadIdentity(sources)).rejects.toThrow(/the given ca expired at /);
  });

  it("goes by the CA's expiry too, where that comes first", async () => {
    const issuedAt = Date.UTC(2026, 0, 1);
    const authority = await createAuthority({ cluster: "test", days: 3, unixTimeMs: issuedAt });
    const sources = await issue({ authority, id: "node-1", role: "node", unixTimeMs: issuedAt });
    expect((await loadIdentity(sources, issuedAt)).expiresAt).toBe(Date.UTC(2026, 0, 4));
  });
});
