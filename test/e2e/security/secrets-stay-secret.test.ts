import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { isRnpError, type Logger, type NodeOptions } from "../../../runtime/index.js";
import { loadIdentity } from "../../../runtime/security/certificate-files.js";
import { LiveSecret } from "../../../runtime/wire/live-secret.js";
import { rnpCa } from "../../support/ca-command.js";
import { temporaryFolder, testCertificate } from "../../support/certificates.js";
import { runRnp } from "../../support/cli.js";
import { startNode } from "../../support/cluster.js";
import { frameOf, messageOf, RawPeer } from "../../support/raw-peer.js";

const SECRET = "canary-secret-of-the-cluster-0123456789";
const PAYLOAD = "canary-payload";
const META = "canary-meta";

/** All that could be found of it: as it is shown with everything in it, and as JSON. */
function shownOf(value: unknown): string {
  const shown = inspect(value, {
    depth: 12,
    showHidden: true,
    maxArrayLength: null,
    maxStringLength: null,
  });
  return `${shown}\n${jsonOf(value)}`;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return ""; // It goes round in circles, and is shown anyway.
  }
}

/** Keeps all that is logged, whatever its level, in the form in which a logger that shows everything would. */
function keepingLog() {
  const lines: string[] = [];
  const keep = (fields: object, text: string) => void lines.push(`${text} ${shownOf(fields)}`);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  return { lines, logger };
}

/** The middle of a key's PEM, which no other text has. */
function bodyOf(key: string): string {
  return key.split("\n")[2]!;
}

async function canaries(id: string): Promise<string[]> {
  const { key } = await testCertificate({ id, role: id.startsWith("c") ? "controller" : "node" });
  return [SECRET, PAYLOAD, META, bodyOf(key), "PRIVATE KEY"];
}

/** Two nodes between which much goes wrong, and all that came of it. */
async function troubled() {
  const { lines, logger } = keepingLog();
  const options: Partial<NodeOptions> = { logger, integrity: { secrets: [SECRET], encrypt: true } };
  const controller = await startNode("controller-1", {
    ...options,
    authorize: ({ type, data }) =>
      type !== "mesh.query" || jsonOf(data) !== jsonOf({ service_name: "forbidden" }),
  });
  const node = await startNode("node-1", options);
  const peer = await node.peerAt(controller.address!);
  const errors: unknown[] = [];
  const failing = (work: Promise<unknown>) => work.catch((error: unknown) => errors.push(error));
  controller.handle("mesh.query", ({ service_name }) => {
    if (service_name === "fails") throw new Error(`${PAYLOAD} ${SECRET}`);
    return { service_name, instances: [{ instance_id: PAYLOAD }] } as never;
  });
  const traced = { meta: { traceparent: META } };
  for (const service_name of ["fails", "forbidden", "canary-payload"]) {
    await failing(peer.mesh.query({ service_name }, traced));
  }
  await failing(peer.mesh.query({ service_name: PAYLOAD, more: SECRET } as never, traced));
  return { lines, errors, nodes: [controller, node], address: controller.address! };
}

describe("T-INFO: what is logged, thrown or shown", () => {
  it("holds no key, no secret and no payload", async () => {
    const { lines, errors, nodes, address } = await troubled();
    expect(errors).toHaveLength(4);
    const stranger = await startNode("node-2", { integrity: { secrets: [`${SECRET}-other`] } });
    const refused = await stranger.peerAt(address).catch((error: unknown) => error);
    await expect.poll(() => lines.length).toBeGreaterThan(3);
    const texts = [...lines, ...errors.map(shownOf), shownOf(refused), ...nodes.map(shownOf)];
    for (const canary of [...(await canaries("controller-1")), ...(await canaries("node-1"))]) {
      // What an application has thrown is in its own node's log, so that somebody can mend it.
      const found = texts.filter(
        (text) => text.includes(canary) && !text.startsWith("a handler failed"),
      );
      expect(found, canary).toEqual([]);
    }
  });

  it("is told to the peer without stack, path or the text of a foreign error", async () => {
    const { errors } = await troubled();
    for (const error of errors) {
      if (!isRnpError(error) || error.peer === undefined) continue;
      expect(error.reason).not.toMatch(/\n|\bat |\/|node_modules|file:/);
    }
    expect(errors.filter(isRnpError).length).toBe(4);
  });

  it("is told to strangers without the bytes that they sent", async () => {
    const { lines, logger } = keepingLog();
    const node = await startNode("node-1", { logger });
    const peer = await RawPeer.greet(
      node.address!,
      await testCertificate({ id: "node-2" }),
      "node-2",
    );
    peer.socket.write(frameOf(Buffer.from(`c1${Buffer.from(PAYLOAD).toString("hex")}`, "hex")));
    const { data } = await peer.hear("error");
    await peer.closed();
    expect(shownOf(data)).not.toContain(PAYLOAD);
    await expect.poll(() => lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(PAYLOAD);
  });

  it("is told of a message with bad data by the place in it", async () => {
    const node = await startNode("controller-1");
    const peer = await RawPeer.greet(
      node.address!,
      await testCertificate({ id: "node-2" }),
      "node-2",
    );
    peer.say(messageOf("mesh.query", "node-2", { service_name: { secret: SECRET } }));
    const { data } = await peer.hear("error");
    expect(shownOf(data)).toContain("/service_name");
    expect(shownOf(data)).not.toContain(SECRET);
  });
});

describe("T-INFO: what holds secrets", () => {
  it("does not show them", async () => {
    const texts = await testCertificate();
    const credentials = await loadIdentity(texts);
    const secret = new LiveSecret(SECRET);
    const shown = shownOf([credentials, secret, secret.keys("", "c2s")]);
    expect(shown).not.toContain(bodyOf(texts.key));
    expect(shown).not.toContain(SECRET);
    expect(shown).toContain(secret.id);
    expect(credentials.key).toBe(texts.key);
  });

  it("says what is wrong with a file of secrets or a key, and not what is in it", async () => {
    const { cert, key, ca } = await testCertificate();
    const body = bodyOf(key);
    const failures = [
      loadIdentity({ cert, key: key.replace("PRIVATE KEY", "PRIVATE KEI"), ca }),
      loadIdentity({
        cert,
        key: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`,
        ca,
      }),
      startNode("node-1", { integrity: { secrets: [`${SECRET} with a space`] } }),
    ];
    for (const failure of failures) {
      const shown = shownOf(await failure.catch((error: unknown) => error));
      expect(shown).toContain("AUTH_FAILED");
      expect(shown).not.toContain(body);
      expect(shown).not.toContain(SECRET);
    }
  });
});

describe("T-INFO: what the command line prints", () => {
  it("has no key and no passphrase in it", async () => {
    const passphrase = "canary passphrase of the CA";
    const env = { RNP_CA_PASSPHRASE: passphrase };
    const folder = join(await temporaryFolder(), "pki");
    const commands = [
      ["ca", "init", folder, "--cluster", "demo"],
      ["ca", "issue", folder, "node-1"],
      ["ca", "issue", folder, "node-1"],
      ["ca", "show", join(folder, "node-1.crt")],
      ["ca", "show", join(folder, "node-1.key")],
      ["ca", "revoke", folder, join(folder, "node-1.crt"), "--json"],
    ];
    let printed = "";
    for (const words of commands) {
      const { stdout, stderr } = await runRnp(words, { env });
      printed += stdout + stderr;
    }
    const keys = await Promise.all(
      ["ca.key", "node-1.key"].map((name) => readFile(join(folder, name), "utf8")),
    );
    expect(printed).toContain("Issued node-1");
    for (const text of [passphrase, ...keys.map(bodyOf)]) expect(printed).not.toContain(text);
    await expect(rnpCa("issue", folder, "node-2")).rejects.not.toThrow(passphrase);
  });

  it("has no secret in it", async () => {
    const path = join(await temporaryFolder(), "secrets");
    const results = [
      await runRnp(["secret", "new", path]),
      await runRnp(["secret", "rotate", path, "--json"]),
      await runRnp(["secret", "new", path]),
    ];
    expect(results.map(({ status }) => status)).toEqual([0, 0, 1]);
    const printed = results.map(({ stdout, stderr }) => stdout + stderr).join("");
    const secrets = (await readFile(path, "utf8")).match(/^\S+/gm)!;
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) expect(printed).not.toContain(secret);
  });
});
