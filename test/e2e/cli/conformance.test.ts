import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Conversation } from "../../../runtime/conformance/conversation.js";
import { bytesOfFrame } from "../../../runtime/conformance/frames.js";
import { Scope } from "../../../runtime/conformance/values.js";
import { peerOfSocket } from "../../../runtime/net/peer-of-socket.js";
import { tlsSettings } from "../../../runtime/net/tls-settings.js";
import { loadIdentity } from "../../../runtime/security/certificate-files.js";
import {
  TEST_CLUSTER,
  temporaryFolder,
  testCertificate,
  testCertificateFiles,
} from "../../support/certificates.js";
import { jsonLines, type RnpOptions, runRnp, startRnp } from "../../support/cli.js";

const LIMIT_MS = 90_000;
/** The built client. */
const PROGRAM = fileURLToPath(
  new URL("../../../dist/test/support/conformance-program.js", import.meta.url),
);

async function environmentOf(id: string, role: "node" | "controller") {
  const { cert, key, ca } = await testCertificateFiles({ id, role });
  return { RNP_CERT: cert, RNP_KEY: key, RNP_CA: ca };
}

describe("rnp conformance", () => {
  let options: RnpOptions;

  beforeEach(async () => {
    options = { env: await environmentOf("driver", "node") };
  });

  async function daemon(role: "node" | "controller"): Promise<string> {
    const env = await environmentOf(`${role}-1`, role);
    const join = role === "node" ? ["--join", await daemon("controller")] : [];
    const data = ["--data", await temporaryFolder(), ...join];
    const started = startRnp([role, "--listen", "127.0.0.1:0", ...data], { env });
    return /127\.0\.0\.1:\d+/.exec(await started.firstLine())![0];
  }

  it.each(["controller", "node"] as const)(
    "finds no fault in a %s of this implementation, and leaves out only what is for others",
    async (role) => {
      const { status, stdout } = await runRnp(
        ["conformance", await daemon(role), "--json"],
        options,
      );
      const verdicts = jsonLines(stdout);
      expect(verdicts.filter(({ verdict }) => verdict === "failed")).toEqual([]);
      expect(status).toBe(0);
      const skipped = verdicts.filter(({ verdict }) => verdict === "skipped");
      const reasons = new Set(skipped.map(({ reason }) => (reason as string).split(" (")[0]));
      for (const reason of reasons) expect(reason).toMatch(/^only with |UNSUPPORTED$/);
      const passed = verdicts.filter(({ verdict }) => verdict === "passed");
      expect(passed.length).toBeGreaterThan(450);
    },
    LIMIT_MS,
  );

  it(
    "finds no fault in clients of this implementation, each a process of its own",
    async () => {
      const { RNP_CERT, RNP_KEY, RNP_CA } = await environmentOf("client-1", "node");
      const env = { ...options.env, CLIENT_CERT: RNP_CERT, CLIENT_KEY: RNP_KEY, CLIENT_CA: RNP_CA };
      const parameters = ["conformance", "--client", `${process.execPath} ${PROGRAM}`, "--json"];
      // The rest is driven in one process: test/e2e/security.
      const some = ["--only", "(answer|sender|drain)-|dialler-(version|refused|ping)"];
      const { status, stdout } = await runRnp([...parameters, ...some], { env });
      const verdicts = jsonLines(stdout);
      expect(verdicts.filter(({ verdict }) => verdict !== "passed")).toEqual([]);
      expect(verdicts.length).toBeGreaterThan(40);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );

  it("fails clients that never dial", async () => {
    const only = ["--only", "answer-(good|error)$", "--json"];
    const { status, stdout } = await runRnp(["conformance", "--client", "true", ...only], options);
    expect(status).toBe(1);
    expect(jsonLines(stdout)).toMatchObject([{ verdict: "failed" }, { verdict: "failed" }]);
  });

  it("is called with a server or with a client", async () => {
    for (const neither of [[], ["127.0.0.1:1", "--client", "true"]]) {
      expect(await runRnp(["conformance", ...neither], options)).toMatchObject({ status: 2 });
    }
  });

  it("tells of some cases in lines that fit, group by group", async () => {
    const only = ["--only", "legal/(pings|greetings)/|framing-magic"];
    const { status, stdout } = await runRnp(
      ["conformance", await daemon("node"), ...only],
      options,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^What a peer serves\n( +\w+ +\d+ passed.*\n){2}What a peer refuses\n +framing +6 passed\n\n/,
    );
    expect(stdout).toMatch(/\n22 cases in \d+\.\d s: 21 passed, 1 skipped\n/);
  });

  it("names what a bad peer does otherwise, and fails", async () => {
    const only = ["--only", "framing-(magic-first|two-in-one)"];
    const { status, stdout } = await runRnp(
      ["conformance", await carelessPeer(), ...only],
      options,
    );
    expect(status).toBe(1);
    expect(stdout).toContain("  framing         1 passed, 1 failed\n");
    const [, told] = stdout.split("framing-magic-first: another first byte of the magic\n");
    expect(told!.replace(/\n +/g, " ")).toContain(
      "expected PROTOCOL_ERROR about the connection, and a close; got the end of the connection; SPEC.md, section 2",
    );
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("says so where no case is meant, where the pattern is none, and where nobody listens", async () => {
    const none = await runRnp(["conformance", "127.0.0.1:1", "--only", "no-such-case"], options);
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining("no case matches") });
    const broken = await runRnp(["conformance", "127.0.0.1:1", "--only", "("], options);
    expect(broken).toMatchObject({ status: 2 });
    const away = await runRnp(["conformance", "127.0.0.1:1"], options);
    expect(away).toMatchObject({ status: 1, stderr: expect.stringContaining("UNAVAILABLE") });
  });
});

/** A peer that greets and answers pings, and hangs up on what it does not understand without a word. */
async function carelessPeer(): Promise<string> {
  const credentials = await loadIdentity(await testCertificate({ id: "careless" }));
  const server = createServer({ ...tlsSettings(credentials), requestCert: true });
  server.on("secureConnection", async (socket) => {
    const { identity } = peerOfSocket(socket, TEST_CLUSTER);
    const conversation = new Conversation(socket, identity);
    const scope = new Scope("careless", identity.id, 0);
    const say = (message: object) =>
      conversation.write(bytesOfFrame({ message: { ...message } }, scope));
    for (;;) {
      const heard = await conversation.hear(() => true, LIMIT_MS);
      if (heard === undefined || conversation.fault !== undefined) return conversation.destroy();
      const { type, id: reply_to, data } = heard;
      if (type === "hello")
        await say({ type: "hello_ack", data: { version: "1.0", capabilities: [] } });
      const pong = { request_timestamp: data.timestamp, response_timestamp: Date.now() };
      if (type === "ping") await say({ type: "pong", reply_to, data: pong });
    }
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
