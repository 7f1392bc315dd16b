import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeCertificate } from "../../../runtime/security/certificate-files.js";
import { FLAWS, forge, temporaryFolder, testCertificateFiles } from "../../support/certificates.js";
import { jsonLines, runRnp, startRnp, until } from "../../support/cli.js";

const NODE = { id: "node-1", role: "node" } as const;
const CONTROLLER = { id: "controller-1", role: "controller" } as const;

async function identityOf(who: typeof NODE | typeof CONTROLLER): Promise<string[]> {
  const { cert, key, ca } = await testCertificateFiles(who);
  return ["--cert", cert, "--key", key, "--ca", ca];
}

/** Starts a controller on a port of the system's choice and gives its address. */
async function startController(...parameters: string[]) {
  const identity = await identityOf(CONTROLLER);
  const rnp = startRnp(["controller", "--listen", "127.0.0.1:0", ...identity, ...parameters]);
  const address = /127\.0\.0\.1:\d+/.exec(await rnp.firstLine())![0];
  return { rnp, address };
}

describe("a daemon", () => {
  it("says in one line where it listens, and leaves the cluster on a signal", async () => {
    const controller = await startController("--json");
    const parameters = ["--listen", "127.0.0.1:0", "--join", controller.address];
    const data = ["--data", await temporaryFolder()];
    const node = startRnp(["node", ...parameters, ...data, ...(await identityOf(NODE))]);
    expect(await node.firstLine()).toMatch(
      /^node-1 listens on 127\.0\.0\.1:\d+, cluster test; Ctrl-C leaves the cluster$/,
    );
    await until(() => controller.rnp.stdout.includes('"alive"'));
    node.signal("SIGINT");
    expect(await node.ended).toMatchObject({ status: 0 });
    await until(() => controller.rnp.stdout.includes('"left"'));
    controller.rnp.signal("SIGTERM");
    const { status, stdout } = await controller.rnp.ended;
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { event: "ready", node: "controller-1", role: "controller", cluster: "test" },
      { event: "member", node: "node-1", role: "node", state: "alive" },
      { event: "member", node: "node-1", state: "left", previous: "alive" },
      { event: "left", node: "controller-1" },
    ]);
  });

  it("keeps the instances of --deploy running", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "wait.mjs"), "setInterval(() => {}, 1000);\n");
    const list = [{ name: "waiter", script: "wait.mjs", resources: { ram_mb: 16 } }];
    await writeFile(join(folder, "deploy.json"), JSON.stringify(list));
    const { address } = await startController("--deploy", join(folder, "deploy.json"));
    const parameters = ["--listen", "127.0.0.1:0", "--join", address, "--scripts", folder];
    const data = ["--data", join(folder, "data")];
    const node = startRnp(["node", ...parameters, ...data, ...(await identityOf(NODE))]);
    await until(() => node.stderr.includes("an instance started"));
    expect(node.stderr).toMatch(/"instance_id":"waiter-[0-9a-f]{8}"/);
    node.signal("SIGTERM");
    const { stderr } = await node.ended;
    expect(stderr).toContain("an instance stopped");
  });

  it("exits at once with 1 on a second signal", async () => {
    const { rnp, address } = await startController();
    const folder = await temporaryFolder();
    // It ignores the request to end, so its node has to wait for it. That it listens shows that it is ready.
    const script = [
      "import { createServer } from 'node:http';",
      "process.on('SIGTERM', () => {});",
      "createServer().listen(process.env.PORT, '127.0.0.1');",
    ].join("\n");
    await writeFile(join(folder, "stubborn.mjs"), script);
    const parameters = ["--listen", "127.0.0.1:0", "--join", address, "--scripts", folder];
    const data = ["--data", join(folder, "data")];
    const node = startRnp(["node", ...parameters, ...data, ...(await identityOf(NODE))]);
    await node.firstLine();
    const create = { instance_id: "a", name: "a", script: "stubborn.mjs", env: { PORT: "0" } };
    const target = node.stdout.match(/127\.0\.0\.1:\d+/)![0];
    const identity = await identityOf(CONTROLLER);
    await runRnp(["call", target, "instance.create", JSON.stringify(create), ...identity]);
    node.signal("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 600));
    node.signal("SIGINT");
    expect(await node.ended).toMatchObject({ status: 1 });
    await rnp.kill();
  });
});

describe("a daemon that cannot start says why in one line", () => {
  async function failure(command: "node" | "controller", parameters: readonly string[]) {
    const join = command === "node" ? ["--join", "127.0.0.1:1"] : [];
    const { status, stdout, stderr } = await runRnp([command, ...join, ...parameters], {
      cwd: await temporaryFolder(),
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    return stderr;
  }
  const LISTEN = ["--listen", "127.0.0.1:0"];

  it("where the port is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const listen = ["--listen", `127.0.0.1:${port}`];
    const text = await failure("controller", [...listen, ...(await identityOf(CONTROLLER))]);
    expect(text).toContain(`127.0.0.1:${port} failed: the port is in use; choose another`);
    server.close();
  });

  it("where a file is missing", async () => {
    const identity = (await identityOf(NODE)).map((text) => text.replace(/\.key$/, ".kez"));
    const text = await failure("node", [...LISTEN, ...identity]);
    expect(text).toMatch(/node-1\.kez: no such file; check the path given as `key`/);
  });

  it("where the certificate has expired", async () => {
    const folder = await temporaryFolder();
    const texts = await forge(FLAWS.expired);
    const identity = { ...NODE, cluster: "test" };
    const paths = await writeCertificate(folder, { ...texts, identity, expiresAt: 0 });
    const files = ["--cert", paths.cert, "--key", paths.key, "--ca", paths.ca];
    const text = await failure("node", [...LISTEN, ...files]);
    expect(text).toMatch(/node-1\.crt expired at .*; issue a new one/);
  });

  it("where the certificate is for the other role", async () => {
    const text = await failure("node", [...LISTEN, ...(await identityOf(CONTROLLER))]);
    expect(text).toContain("is for a controller; run `rnp controller`");
  });

  it("where the data folder cannot be made", async () => {
    const data = ["--data", "/dev/null/data"];
    const text = await failure("node", [...LISTEN, ...data, ...(await identityOf(NODE))]);
    expect(text).toContain("/dev/null/data: mkdir failed (ENOTDIR); choose a folder");
  });

  it("where --deploy names a list with a mistake", async () => {
    const path = join(await temporaryFolder(), "deploy.json");
    await writeFile(path, '[{ "name": "web", "script": "web.mjs", "replicas": 3 }]');
    const deploy = [...LISTEN, "--deploy", path, ...(await identityOf(CONTROLLER))];
    expect(await failure("controller", deploy)).toContain(
      `${path}: /0/replicas: expected no such field`,
    );
  });
});

describe("wrong usage is status 2", () => {
  it.each([
    ["an unknown command", ["frobnicate"]],
    ["no address to listen on", ["controller", "--cert", "a", "--key", "b", "--ca", "c"]],
    ["a node without a controller", ["node", "--listen", "127.0.0.1:0"]],
    ["an address without a port", ["controller", "--listen", "127.0.0.1"]],
    ["a fact that is no pair", ["controller", "--listen", "127.0.0.1:0", "--meta", "region"]],
    ["no nodes", ["up", "--nodes", "0"]],
    ["a time that is none", ["up", "--for", "soon"]],
  ])("%s", async (_, parameters) => {
    const { status, stdout, stderr } = await runRnp(parameters);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).not.toBe("");
  });
});

describe("a daemon whose name another one takes", () => {
  it("ends with a line that says so, and leaves the name to the other", async () => {
    const controller = await startController("--liveness", "local", "--json");
    const start = async () => {
      const membership = ["--liveness", "local", "--dissemination", "mesh"];
      const parameters = ["--listen", "127.0.0.1:0", "--join", controller.address, ...membership];
      const data = ["--data", await temporaryFolder()];
      const node = startRnp(["node", ...parameters, ...data, ...(await identityOf(NODE))]);
      await node.firstLine();
      return node;
    };
    const older = await start();
    await until(() => controller.rnp.stdout.includes('"joined"'));
    const later = await start();
    const { status, stderr } = await older.ended;
    expect(status).toBe(1);
    expect(stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^rnp: \[CONFLICT\] another process goes by the name of node-1, at 127\.0\.0\.1:\d+, and/,
    );
    later.signal("SIGTERM");
    expect(await later.ended).toMatchObject({ status: 0 });
    await until(() => controller.rnp.stdout.includes('"left"'));
    const kinds = jsonLines(controller.rnp.stdout).map(({ kind }) => kind);
    expect(kinds.filter(Boolean)).toEqual(["joined", "restarted", "left"]);
    await controller.rnp.kill();
  });
});
