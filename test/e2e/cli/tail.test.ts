import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, testCertificateFiles } from "../../support/certificates.js";
import { jsonLines, type RnpProcess, runRnp, startRnp, until } from "../../support/cli.js";
import { startProxy } from "../../support/proxy.js";

/** Prints what it is asked to: `/stdout/5/hello` is five lines. */
const TALKER = `
  import { createServer } from "node:http";
  createServer((request, response) => {
    const [, output, count, text] = request.url.split("/");
    for (let i = 0; i < Number(count); i++) console[output === "stderr" ? "error" : "log"](text);
    response.end();
  }).listen(Number(process.env.PORT), "127.0.0.1");
`;

async function environmentOf(id: string, role: "node" | "controller") {
  const { cert, key, ca } = await testCertificateFiles({ id, role });
  return { RNP_CERT: cert, RNP_KEY: key, RNP_CA: ca };
}

/** Starts a daemon and gives its address. */
async function listening(parameters: string[], env: Record<string, string>) {
  const rnp = startRnp(parameters, { env });
  return { rnp, address: /127\.0\.0\.1:\d+/.exec(await rnp.firstLine())![0] };
}

/** A controller, with a greeter to keep running; how to start a node, and instances there. */
async function constellation() {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "talker.mjs"), TALKER);
  await writeFile(join(folder, "greeter.sh"), "echo here; sleep 60");
  const deploy = join(folder, "deploy.json");
  await writeFile(deploy, JSON.stringify([{ name: "greeter", script: "greeter.sh" }]));
  const controller = await listening(
    ["controller", "--listen", "127.0.0.1:0", "--deploy", deploy],
    await environmentOf("controller-1", "controller"),
  );
  const operator = await environmentOf("controller-9", "controller");
  const startNode = async (listen = "127.0.0.1:0", id = "node-1") => {
    const where = ["--listen", listen, "--join", controller.address];
    const data = ["--data", join(folder, id), "--scripts", folder];
    return listening(["node", ...where, ...data], await environmentOf(id, "node"));
  };
  /** Starts the instance and gives a function that makes it talk. */
  const talker = async (address: string, instance_id = "talker-1") => {
    const create = { instance_id, name: "t", script: "talker.mjs", env: { PORT: "0" } };
    const parameters = ["call", address, "instance.create", JSON.stringify(create), "--json"];
    const { stdout, stderr } = await runRnp(parameters, { env: operator });
    const [started] = jsonLines(stdout);
    if (started === undefined) throw new Error(stderr);
    return async (text: string, { count = 1, output = "stdout" } = {}) => {
      await fetch(`http://${started.listening_on}/${output}/${count}/${text}`);
    };
  };
  const options = { env: await environmentOf("operator", "node") };
  const tail = (address: string, ...rest: string[]) =>
    startRnp(["tail", address, ...rest], options);
  const tailAll = (address: string, ...rest: string[]) =>
    runRnp(["tail", address, ...rest, "--no-follow"], options);
  return { controller, startNode, talker, tail, tailAll, options };
}

function texts({ stdout }: Pick<RnpProcess, "stdout">): unknown[] {
  return jsonLines(stdout).map(({ text }) => text);
}

describe("rnp tail", () => {
  it("shows the last lines and what is printed then, until Ctrl-C", async () => {
    const { startNode, talker, tail, tailAll, options } = await constellation();
    const { address } = await startNode();
    const say = await talker(address);
    for (const text of ["one", "two", "three"]) await say(text);
    await say("oh-no", { output: "stderr" });
    const follower = tail(address, "talker-1", "--last", "2");
    await until(() => follower.stdout.includes("oh-no"));
    await say("four");
    await until(() => follower.stdout.includes("four"));
    follower.signal("SIGINT");
    const { status, stdout, stderr } = await follower.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.replaceAll(/^\S+Z /gm, "")).toBe("out three\nerr oh-no\nout four\n");

    const errors = await tailAll(address, "talker-1", "--output", "stderr", "--json");
    expect(errors.status).toBe(0);
    expect(jsonLines(errors.stdout)).toEqual([
      {
        instance_id: "talker-1",
        sequence: 4,
        timestamp: expect.any(Number),
        output: "stderr",
        text: "oh-no",
      },
    ]);
    const call = ["call", address, "log.subscribe"];
    const query = { instance_id: "talker-1", follow: false, last: 2 };
    const called = await runRnp([...call, JSON.stringify(query), "--json"], options);
    expect({ status: called.status, texts: texts(called) }).toEqual({
      status: 0,
      texts: ["oh-no", "four"],
    });
    const some = await tailAll(address, "talker-1", "--contains", "o", "--last", "2", "--json");
    expect(texts(some)).toEqual(["oh-no", "four"]);
  });

  it("finds an instance whose node a controller knows", async () => {
    const { controller, startNode, tail } = await constellation();
    const node = await startNode();
    await until(() => node.rnp.stderr.includes("an instance started"));
    const id = /greeter-[0-9a-f]+/.exec(node.rnp.stderr)![0];
    const follower = tail(controller.address, id, "--json");
    await follower.firstLine();
    expect(texts(follower)).toEqual(["here"]);
  });

  it("fails with one line where nobody knows the instance", async () => {
    const { controller, startNode, tail } = await constellation();
    const { address } = await startNode();
    for (const where of [address, controller.address]) {
      const { status, stdout, stderr } = await tail(where, "nobody").ended;
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toMatch(/^rnp: \[NOT_FOUND\] .*no instance nobody.*\n$/);
    }
  });

  it("goes on without a loss when its connection was cut", async () => {
    const { startNode, talker, tail } = await constellation();
    const { address } = await startNode();
    const say = await talker(address);
    const proxy = await startProxy(address);
    await say("first");
    const follower = tail(proxy.address, "talker-1", "--json");
    await until(() => texts(follower).includes("first"));
    proxy.block();
    await until(() => follower.stderr.includes("trying again"));
    await say("meanwhile", { count: 3 });
    proxy.mend();
    await until(() => follower.stderr.includes("connected to node-1 again"));
    await say("after");
    await until(() => texts(follower).includes("after"));
    expect(texts(follower)).toEqual(["first", "meanwhile", "meanwhile", "meanwhile", "after"]);
    expect(jsonLines(follower.stdout).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  });

  it("goes on when the node and the instance were started again", async () => {
    const { startNode, talker, tail } = await constellation();
    const first = await startNode();
    await (await talker(first.address))("before");
    const follower = tail(first.address, "talker-1", "--json");
    await until(() => texts(follower).includes("before"));
    first.rnp.signal("SIGTERM");
    await first.rnp.ended;
    await until(() => follower.stderr.includes("trying again"));
    await startNode(first.address);
    await (await talker(first.address))("later");
    await until(() => texts(follower).includes("later"));
    expect(jsonLines(follower.stdout)).toMatchObject([
      { sequence: 1, text: "before" },
      { sequence: 2, text: "later" },
    ]);
  });

  it("goes along with an instance that is moved to another node", async () => {
    const { controller, startNode, tail, options } = await constellation();
    const node = await startNode();
    await until(() => node.rnp.stderr.includes("an instance started"));
    const id = /greeter-[0-9a-f]+/.exec(node.rnp.stderr)![0];
    const follower = tail(controller.address, id, "--json");
    await follower.firstLine();
    const { address } = await startNode("127.0.0.1:0", "node-2");
    const order = JSON.stringify({
      instance_id: id,
      from: "node-1",
      from_address: node.address,
    });
    const moved = await runRnp(["call", address, "instance.move", order, "--json"], options);
    expect(moved).toMatchObject({ status: 0, stderr: "" });
    await until(() => texts(follower).length === 2);
    expect(jsonLines(follower.stdout)).toMatchObject([
      { sequence: 1, text: "here" },
      { sequence: 2, text: "here" },
    ]);
    follower.signal("SIGINT");
    expect(await follower.ended).toMatchObject({ status: 0, stderr: "" });
  });
});
