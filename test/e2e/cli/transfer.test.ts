import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, testCertificateFiles } from "../../support/certificates.js";
import { jsonLines, type RnpProcess, runRnp, startRnp, until } from "../../support/cli.js";
import { startProxy } from "../../support/proxy.js";

/** Counts its lives in a file of its folder. */
const COUNTER = "echo x >> lives; exec sleep 60";

async function environmentOf(id: string, role: "node" | "controller") {
  const { cert, key, ca } = await testCertificateFiles({ id, role });
  return { RNP_CERT: cert, RNP_KEY: key, RNP_CA: ca };
}

async function listening(parameters: string[], env: Record<string, string>) {
  const rnp = startRnp(parameters, { env });
  return { rnp, address: /127\.0\.0\.1:\d+/.exec(await rnp.firstLine())![0] };
}

/** A controller that keeps a counter running, on node-1; node-2 beside it. */
async function constellation() {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "counter.sh"), COUNTER);
  const deploy = join(folder, "deploy.json");
  await writeFile(deploy, JSON.stringify([{ name: "counter", script: "counter.sh" }]));
  const controller = await listening(
    ["controller", "--listen", "127.0.0.1:0", "--deploy", deploy],
    await environmentOf("controller-1", "controller"),
  );
  const dataOf = (id: string) => join(folder, id);
  const startNode = async (id: string, ...more: string[]) => {
    const where = more.includes("--listen") ? more : ["--listen", "127.0.0.1:0", ...more];
    const place = ["--join", controller.address, "--data", dataOf(id), "--scripts", folder];
    return listening(["node", ...where, ...place], await environmentOf(id, "node"));
  };
  const proxy = await startProxy();
  const behind = ["--listen", proxy.target, "--advertise", proxy.address];
  const one = await startNode("node-1", ...behind);
  const instances = (id: string) => readdir(join(dataOf(id), "instances")).catch(() => []);
  const lives = async (id: string, instance: string) => {
    const path = join(dataOf(id), "instances", instance, "lives");
    return (await readFile(path, "utf8").catch(() => "")).length / 2;
  };
  await untilTrue(async () => (await instances("node-1")).length === 1);
  const instance = (await instances("node-1"))[0]!;
  await untilTrue(async () => (await lives("node-1", instance)) === 1);
  const two = await startNode("node-2");
  const options = { env: await environmentOf("operator", "node") };
  const members = async (address: string) =>
    jsonLines((await runRnp(["members", address, "--json"], options)).stdout);
  await untilTrue(async () => (await members(one.address)).length === 3);
  await untilTrue(async () => (await members(two.address)).length === 3);
  const fill = (mb: number) =>
    writeFile(join(dataOf("node-1"), "instances", instance, "data"), randomBytes(mb * 1024 ** 2));
  const parameters = (address: string, ...more: string[]) => [
    "transfer",
    address,
    instance,
    "--to",
    "node-2",
    ...more,
  ];
  return {
    controller,
    one,
    two,
    proxy,
    instance,
    lives,
    fill,
    parameters,
    options,
    startNode,
    behind,
  };
}

async function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const events = ({ stdout }: Pick<RnpProcess, "stdout">) =>
  jsonLines(stdout).map(({ event }) => event);

describe("rnp transfer", () => {
  it("moves an instance, found by any member, and shows how far it is", async () => {
    const { controller, one, instance, lives, fill, parameters, options } = await constellation();
    await fill(4);
    const there = await runRnp(parameters(one.address), options);
    expect(there.stderr).toBe("");
    expect(there.status).toBe(0);
    const lines = there.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe(`${instance}: node-1 → node-2: transferring`);
    expect(lines.at(-1)).toMatch(new RegExp(`^${instance} runs on node-2, after \\d+ s$`));
    expect(await lives("node-2", instance)).toBe(2);
    const back = ["transfer", controller.address, instance, "--to", "node-1", "--json"];
    const { status, stdout } = await runRnp(back, options);
    expect(status).toBe(0);
    const values = jsonLines(stdout);
    expect(values.at(-1)).toMatchObject({ event: "moved", from: "node-2", to: "node-1" });
    const last = values.at(-2)! as { bytes: number; total_bytes: number; state: string };
    expect(last.state).toBe("done");
    expect(last.bytes).toBe(last.total_bytes);
    expect(last.bytes).toBeGreaterThan(4 * 1024 ** 2);
  });

  it("leaves the instance at its source on Ctrl-C, and says so", async () => {
    const { controller, proxy, instance, lives, fill, parameters, options } = await constellation();
    await fill(16);
    const before = proxy.receivedBytes;
    proxy.onReceived = () => {
      if (proxy.receivedBytes - before > 2 * 1024 ** 2) proxy.delayMs = 200;
    };
    const transfer = startRnp(parameters(controller.address, "--json"), options);
    await until(() =>
      jsonLines(transfer.stdout).some(({ bytes }) => (bytes as number) > 1024 ** 2),
    );
    proxy.delayMs = 0;
    transfer.signal("SIGINT");
    const { status, stderr } = await transfer.ended;
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `rnp: [CANCELLED] the move of ${instance} was broken off: it runs on node-1\n`,
    });
    expect(events(transfer)).not.toContain("moved");
    expect(await lives("node-1", instance)).toBe(2);
    expect(await lives("node-2", instance)).toBe(0);
  });

  it("goes on where it was when the source's agent is killed and started again", async () => {
    const {
      controller,
      one,
      proxy,
      instance,
      lives,
      fill,
      parameters,
      options,
      startNode,
      behind,
    } = await constellation();
    await fill(32);
    const before = proxy.receivedBytes;
    let killed = Promise.resolve();
    proxy.onReceived = () => {
      if (proxy.receivedBytes - before < 8 * 1024 ** 2) return;
      proxy.onReceived = () => {};
      killed = one.rnp.kill();
    };
    const transfer = startRnp(parameters(controller.address, "--json"), options);
    await until(() => proxy.receivedBytes - before > 8 * 1024 ** 2);
    await killed;
    await startNode("node-1", ...behind);
    const { status, stderr } = await transfer.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await lives("node-2", instance)).toBe(2);
    expect(proxy.receivedBytes - before).toBeLessThan(36 * 1024 ** 2);
  });

  it("says in one line what cannot be moved", async () => {
    const { controller, instance, options } = await constellation();
    const cases: [string[], RegExp][] = [
      [["inst-0", "--to", "node-2"], /^rnp: \[NOT_FOUND\] no instance inst-0.*\n$/],
      [[instance, "--to", "node-9"], /^rnp: \[NOT_FOUND\] no node node-9.*node-1, node-2\n$/],
      [[instance, "--to", "node-1"], /^rnp: \[ALREADY_EXISTS\] .*\n$/],
    ];
    for (const [words, text] of cases) {
      const result = await runRnp(["transfer", controller.address, ...words], options);
      expect(result).toMatchObject({ status: 1, stdout: "" });
      expect(result.stderr).toMatch(text);
    }
  });

  it.each([
    ["no target", [], /--to/],
    ["a target that no node can be called", ["--to", "Node 2"], /name of a node/],
  ])("is called the wrong way with %s", async (_, words, text) => {
    const options = { env: await environmentOf("operator", "node") };
    const { status, stderr } = await runRnp(["transfer", "127.0.0.1:1", "a", ...words], options);
    expect(status).toBe(2);
    expect(stderr).toMatch(text);
  });
});

describe("rnp node --leave-to", () => {
  it("hands the instances over before it ends", async () => {
    const { two, instance, lives, startNode, parameters, options } = await constellation();
    const three = await startNode("node-3", "--leave-to", "node-2");
    const to = parameters(two.address).map((word) => (word === "node-2" ? "node-3" : word));
    await untilTrue(async () => (await runRnp(to, options)).status === 0);
    three.rnp.signal("SIGTERM");
    expect((await three.rnp.ended).status).toBe(0);
    expect(await lives("node-2", instance)).toBe(3);
  });
});
