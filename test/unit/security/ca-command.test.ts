import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadIdentity } from "../../../runtime/security/certificate-files.js";
import { folderWithCa, rnpCa } from "../../support/ca-command.js";
import { temporaryFolder, testCertificate } from "../../support/certificates.js";

describe("rnp ca init", () => {
  it("writes the CA and says what comes next", async () => {
    const folder = join(await temporaryFolder(), "certs");
    const text = await rnpCa("init", folder, "--cluster", "demo");
    expect((await readdir(folder)).sort()).toEqual(["ca.crt", "ca.key"]);
    expect(text).toContain("Made the CA of cluster demo, valid until 20");
    expect(text).toContain(`rnp ca issue ${folder} node-1`);
  });

  it("prints one line of JSON", async () => {
    const folder = await temporaryFolder();
    expect(JSON.parse(await rnpCa("init", folder, "--cluster", "demo", "--json"))).toEqual({
      cluster: "demo",
      cert: join(folder, "ca.crt"),
      key: join(folder, "ca.key"),
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  it("does not touch a CA that is there", async () => {
    const folder = await folderWithCa();
    const again = rnpCa("init", folder, "--cluster", "demo");
    await expect(again).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });

  it.each([
    [["init", "certs"]],
    [["init", "certs", "--cluster", "Demo"]],
    [["init", "--cluster", "demo"]],
    [["init", "certs", "--cluster", "demo", "--key-type", "rsa"]],
    [["init", "certs", "--cluster", "demo", "--passphrase", "on the command line"]],
  ])("calls %j wrong usage", async (words) => {
    const code = expect.stringMatching(/^commander\./);
    await expect(rnpCa(...words)).rejects.toMatchObject({ code });
  });
});

describe("rnp ca issue", () => {
  it("writes a certificate that loads, and the command that uses it", async () => {
    const folder = await folderWithCa();
    const text = await rnpCa("issue", folder, "node-1");
    const paths = { cert: join(folder, "node-1.crt"), key: join(folder, "node-1.key") };
    const { identity } = await loadIdentity({ ...paths, ca: join(folder, "ca.crt") });
    expect(identity).toEqual({ id: "node-1", role: "node", cluster: "demo" });
    expect(text).toMatch(/^Issued node-1, a node of cluster demo,\nvalid until .*Z \(365 days\)/);
    expect(text).toContain(`rnp node --listen 0.0.0.0:7946 --join CONTROLLER:7946 \\\n`);
    expect(text).toContain(`--cert ${paths.cert} \\\n    --key ${paths.key} \\\n`);
  });

  it("issues to a controller, for some days, into another folder, as JSON", async () => {
    const folder = await folderWithCa();
    const out = join(await temporaryFolder(), "out");
    const options = ["--role", "controller", "--days", "30", "--out", out, "--json"];
    expect(JSON.parse(await rnpCa("issue", folder, "c-1", ...options))).toEqual({
      id: "c-1",
      role: "controller",
      cluster: "demo",
      cert: join(out, "c-1.crt"),
      key: join(out, "c-1.key"),
      ca: join(out, "ca.crt"),
      expires_at: expect.any(String),
    });
    expect((await readdir(out)).sort()).toEqual(["c-1.crt", "c-1.key", "ca.crt"]);
  });

  it("prints a path with a space as one word of the shell", async () => {
    const folder = await folderWithCa();
    const out = join(await temporaryFolder(), "it's mine");
    const text = await rnpCa("issue", folder, "node-1", "--out", out);
    expect(text).toContain(`it'\\''s mine/node-1.crt' \\`);
  });

  it("says where there is no CA", async () => {
    const issuing = rnpCa("issue", await temporaryFolder(), "node-1");
    await expect(issuing).rejects.toThrow("no such file; make a CA with `rnp ca init`");
  });

  it.each([
    [["issue", "certs"]],
    [["issue", "certs", "Node"]],
    [["issue", "certs", "../node-1"]],
    [["issue", "certs", "node-1", "--role", "admin"]],
    [["issue", "certs", "node-1", "--days", "0"]],
    [["issue", "certs", "node-1", "--days", "1.5"]],
    [["issue", "certs", "node-1", "--days", "36501"]],
  ])("calls %j wrong usage", async (words) => {
    const code = expect.stringMatching(/^commander\./);
    await expect(rnpCa(...words)).rejects.toMatchObject({ code });
  });
});

describe("rnp ca show", () => {
  async function shown(pem: string, ...options: string[]): Promise<string> {
    const file = join(await temporaryFolder(), "some.crt");
    await writeFile(file, pem);
    return rnpCa("show", file, ...options);
  }

  it("tells what is in a certificate, within 80 columns", async () => {
    const text = await shown((await testCertificate()).cert);
    expect(text).toMatch(/^identity {5}rnp:\/\/test\/node\/node-1\nrole {9}node\n/);
    expect(text).toMatch(/^valid until {2}\S+Z \(36\d days left\)$/m);
    expect(text).toMatch(/^key {10}ec prime256v1$/m);
    expect(text).toMatch(/^SHA-256 {6}([0-9A-F]{2}:){16}\n {13}([0-9A-F]{2}:){15}[0-9A-F]{2}$/m);
    expect(text).toMatch(/^issuer {7}O=test, CN=RNP cluster CA$/m);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("tells each certificate of a bundle, as a line of JSON each", async () => {
    const { cert, ca } = await testCertificate({ role: "controller" });
    const lines = (await shown(`${cert}${ca}`, "--json")).split("\n");
    const [leaf, authority] = lines.map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(leaf).toMatchObject({ id: "node-1", role: "controller", is_ca: false, problem: null });
    expect(authority).toMatchObject({ identity: "rnp://test", role: null, is_ca: true });
  });

  it("tells that a certificate has expired, or is not valid yet", async () => {
    const expired = await testCertificate({ flaw: "expired" });
    expect(await shown(expired.cert)).toMatch(/^valid until {2}\S+ \(expired 1 day ago\)$/m);
    const early = await testCertificate({ flaw: "not-yet-valid" });
    expect(await shown(early.cert)).toMatch(/^valid until {2}\S+ \(not valid yet\)$/m);
  });

  it("shows a certificate without an identity too, and why it has none", async () => {
    const { cert } = await testCertificate({ flaw: "cn-only" });
    const text = await shown(cert);
    expect(text).toMatch(/^identity {5}none of RNP$/m);
    expect(text).toMatch(/^problem {6}no RNP identity: expected exactly one SAN/m);
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("says what else a file is", async () => {
    const { key } = await testCertificate();
    await expect(shown(key)).rejects.toThrow("expected a certificate in PEM, got PEM of a PRIVATE");
    await expect(rnpCa("show", "nowhere.crt")).rejects.toThrow("nowhere.crt: no such file");
  });
});
