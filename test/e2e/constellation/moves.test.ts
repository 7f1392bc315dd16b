import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import type { Agent, AgentOptions, Controller } from "../../../runtime/constellation/index.js";
import type { InstanceProgress, RequestOptions, RnpError } from "../../../runtime/index.js";
import { startProxy } from "../../support/proxy.js";
import {
  agent,
  controller,
  patient,
  SERVICE,
  untilReported,
} from "../../unit/constellation/running.js";
import { temporaryFolder, until } from "../../unit/constellation/support.js";

const moves = { quietMs: 200, abandonMs: 1000, sweepIntervalMs: 50, progressIntervalMs: 20 };

/** It counts its lives in a file of its folder. */
const COUNTER = `
  import { existsSync, readFileSync, writeFileSync } from "node:fs";
  const lives = existsSync("lives") ? Number(readFileSync("lives", "utf8")) : 0;
  writeFileSync("lives", String(lives + 1));
  setInterval(() => {}, 1000);
`;
const SERVER = `
  import { createServer } from "node:http";
  createServer((_, response) => response.end()).listen(Number(process.env.PORT), "127.0.0.1");
`;

/** How much is moved; 1024 shows what is promised of a gigabyte. */
const SIZE_MB = Number(process.env.RNP_TRANSFER_MB ?? 64);

interface Order {
  readonly instance_id: string;
  readonly from?: string;
  readonly to?: string;
}

interface MoverOptions extends Partial<AgentOptions> {
  /** The name of a script that it does not have. */
  readonly missing?: string;
}

/** An agent whose scripts are those above, but for the ones that are missing. */
async function mover(id: string, first: Controller, { missing, ...options }: MoverOptions = {}) {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const scriptDir = await temporaryFolder();
  const scripts = { "counter.mjs": COUNTER, "server.mjs": SERVER };
  for (const [name, text] of Object.entries(scripts)) {
    if (name !== missing) await writeFile(join(scriptDir, name), text);
  }
  const settings = { dataDir, scriptDir, liveness: patient, moves, ...options };
  const started = await agent(id, first.node.address!, settings);
  const folder = (instance_id: string) => join(dataDir, "instances", instance_id);
  const lives = async (instance_id: string) =>
    Number(await readFile(join(folder(instance_id), "lives"), "utf8").catch(() => ""));
  const staged = () => readdir(join(dataDir, "arriving")).catch(() => []);
  return { agent: started, dataDir, folder, lives, staged };
}

/** A controller and two nodes; the first one runs a counter. */
async function scene({ source = {}, target = {} }: Record<string, MoverOptions> = {}) {
  const first = await controller({ liveness: patient });
  const one = await mover("node-1", first, source);
  await untilReported(first, 1);
  const { instance_id } = await first.createInstance({ name: "counter", script: "counter.mjs" });
  await until(async () => (await one.lives(instance_id)) === 1);
  const two = await mover("node-2", first, target);
  await untilKnown([one.agent, two.agent], 3);
  await untilReported(first, 2);
  return { first, one, two, instance_id };
}

/** The same, with the first node to be reached through a proxy. */
async function sceneBehindProxy() {
  const proxy = await startProxy();
  const source = { listen: proxy.target, advertise: proxy.address };
  return { ...(await scene({ source })), proxy };
}

async function untilKnown(agents: readonly Agent[], count: number): Promise<void> {
  const alive = ({ node }: Agent) =>
    node.memberList().filter(({ state }) => state === "alive").length === count;
  await until(() => agents.every(alive));
}

/** Orders a move to `target` and gives everything that it told. */
async function order(
  orderer: Pick<Agent, "node">,
  target: string,
  instance_id: string,
  options: RequestOptions = {},
  from = "node-1",
): Promise<InstanceProgress[]> {
  const told: InstanceProgress[] = [];
  const { instance } = orderer.node.peer(target);
  const move = { instance_id, from };
  for await (const item of instance.move(move, options)) told.push(item);
  return told;
}

/** Whether an order is not refused because the move before it has not ended at the target. */
function isTaken(ordered: Promise<unknown>): Promise<boolean> {
  return ordered.then(
    () => true,
    (error: RnpError) => {
      if (error.code !== "CONFLICT") throw error;
      return false;
    },
  );
}

const where = (first: Controller) => first.instances().map(({ node, state }) => ({ node, state }));

async function checksumOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** A file of bytes that do not compress, and its checksum. */
async function writeRandom(path: string, sizeMb: number): Promise<string> {
  const file = await open(path, "w");
  for (let mb = 0; mb < sizeMb; mb++) await file.write(randomBytes(1024 ** 2));
  await file.close();
  return checksumOf(path);
}

describe("an instance that moves", () => {
  it("goes on at the target with its files, and every table follows", async () => {
    const first = await controller({ liveness: patient });
    const one = await mover("node-1", first);
    await untilReported(first, 1);
    const request = { name: "web", script: "server.mjs", env: SERVICE };
    const { instance_id } = await first.createInstance(request);
    const two = await mover("node-2", first);
    await untilKnown([one.agent, two.agent], 3);
    await writeFile(join(one.folder(instance_id), "notes.txt"), "remember");
    await until(() => first.services().length === 1);
    const told = await order(one.agent, "node-2", instance_id);
    expect(told.at(-1)).toMatchObject({ instance_id, state: "done" });
    expect(told.at(-1)!.bytes).toBe(told.at(-1)!.total_bytes);
    expect(one.agent.instances()).toEqual([]);
    expect(two.agent.instances()).toMatchObject([{ create: { ...request, instance_id } }]);
    expect(await readFile(join(two.folder(instance_id), "notes.txt"), "utf8")).toBe("remember");
    await until(() => first.services().some(({ node, healthy }) => node === "node-2" && healthy));
    expect(where(first)).toEqual([{ node: "node-2", state: "running" }]);
    expect(first.services()).toHaveLength(1);
    await until(async () => (await readdir(join(one.dataDir, "instances"))).length === 0);
    expect(await two.staged()).toEqual([]);
  });

  it("is still the one of its deployment, which starts no other", async () => {
    const deployments = [{ name: "counter", script: "counter.mjs" }];
    const first = await controller({ liveness: patient, deployments });
    const one = await mover("node-1", first);
    await until(() => first.instances().length === 1);
    const { instance_id } = first.instances()[0]!;
    await until(async () => (await one.lives(instance_id)) === 1);
    const two = await mover("node-2", first);
    await untilKnown([one.agent, two.agent], 3);
    await order(one.agent, "node-2", instance_id);
    await until(async () => (await two.lives(instance_id)) === 2);
    // A look at what is due is taken every 20 ms.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(first.instances()).toMatchObject([{ instance_id, node: "node-2" }]);
    expect(one.agent.instances()).toEqual([]);
  });

  it("is started again at its source where the target cannot run it", async () => {
    const { first, one, two, instance_id } = await scene({ target: { missing: "counter.mjs" } });
    const moving = order(one.agent, "node-2", instance_id);
    await expect(moving).rejects.toMatchObject({ code: "NOT_FOUND", details: { kind: "script" } });
    await until(() => one.agent.instances().length === 1);
    await until(() => where(first).some(({ state }) => state === "running"));
    expect(where(first)).toEqual([{ node: "node-1", state: "running" }]);
    expect(two.agent.instances()).toEqual([]);
    expect(await two.staged()).toEqual([]);
  });

  it("is started again at its source when whoever ordered the move stops waiting", async () => {
    const { first, one, two, instance_id, proxy } = await sceneBehindProxy();
    await writeRandom(join(one.folder(instance_id), "data.bin"), 8);
    const stop = new AbortController();
    proxy.onReceived = () => {
      if (proxy.receivedBytes > 2 * 1024 ** 2) stop.abort();
    };
    const moving = order(first, "node-2", instance_id, { signal: stop.signal });
    await expect(moving).rejects.toMatchObject({ code: "CANCELLED" });
    await until(async () => (await one.lives(instance_id)) === 2);
    await until(() => where(first).some(({ state }) => state === "running"));
    expect(where(first)).toEqual([{ node: "node-1", state: "running" }]);
    await until(async () => (await two.staged()).length === 0);
    expect(two.agent.instances()).toEqual([]);
    // And it may move at another time, once the target has heard that the source knows of the end of this one.
    proxy.onReceived = () => {};
    await until(() => isTaken(order(first, "node-2", instance_id)));
    await until(async () => (await two.lives(instance_id)) === 3);
  });

  it("is started again at its source when the target falls silent for good", async () => {
    const { first, one, two, instance_id, proxy } = await sceneBehindProxy();
    await writeRandom(join(one.folder(instance_id), "data.bin"), 8);
    proxy.onReceived = () => {
      if (proxy.receivedBytes > 2 * 1024 ** 2) proxy.stall();
    };
    const moving = order(first, "node-2", instance_id).catch((error: unknown) => error);
    await until(() => where(first).some(({ state }) => state === "moving"));
    await until(async () => (await two.staged()).length > 0);
    const create = { instance_id, name: "counter", script: "counter.mjs" };
    const again = first.node.peer("node-2").instance.create(create);
    await expect(again).rejects.toMatchObject({ code: "CONFLICT" });
    await until(() => proxy.receivedBytes > 2 * 1024 ** 2);
    await two.agent.close({ drainMs: 100 });
    proxy.onReceived = () => {};
    proxy.resume();
    await moving;
    await until(async () => (await one.lives(instance_id)) === 2);
    await until(() => where(first).some(({ state }) => state === "running"));
    expect(where(first)).toEqual([{ node: "node-1", state: "running" }]);
  });

  it(`arrives whole over a connection that is cut ten times, ${SIZE_MB} MiB of it`, async () => {
    const { first, one, two, instance_id, proxy } = await sceneBehindProxy();
    const small = await writeRandom(join(one.folder(instance_id), "a-small.bin"), 1);
    const large = await writeRandom(join(one.folder(instance_id), "large.bin"), SIZE_MB - 1);
    const size = SIZE_MB * 1024 ** 2;
    let cutCount = 0;
    const before = proxy.receivedBytes;
    proxy.onReceived = () => {
      if (proxy.receivedBytes - before < ((cutCount + 1) * size) / 11) return;
      cutCount += 1;
      if (cutCount <= 10) proxy.cut();
    };
    const told = await order(first, "node-2", instance_id);
    expect(cutCount).toBeGreaterThanOrEqual(10);
    expect(told.at(-1)).toMatchObject({ state: "done" });
    expect(await checksumOf(join(two.folder(instance_id), "a-small.bin"))).toBe(small);
    expect(await checksumOf(join(two.folder(instance_id), "large.bin"))).toBe(large);
    const sentTimes = (proxy.receivedBytes - before) / size;
    expect(sentTimes).toBeLessThanOrEqual(1.1);
    await until(async () => (await two.lives(instance_id)) === 2);
  }, 300_000);

  it.each([
    ["that nobody knows", { instance_id: "inst-0" }, "NOT_FOUND"],
    ["that is elsewhere", { from: "node-3" }, "CONFLICT"],
    ["to where it is", { to: "node-1" }, "ALREADY_EXISTS"],
  ])("is not one %s", async (_, change, code) => {
    const { first, one, instance_id } = await scene();
    const { to = "node-2", from = "node-1", ...other } = { instance_id, ...change } as Order;
    const moving = order(first, to, other.instance_id, {}, from);
    await expect(moving).rejects.toMatchObject({ code });
    expect(await one.lives(instance_id)).toBe(1);
  });
});

describe("a node that leaves", () => {
  it("hands its instances over first, and no deployment is started twice", async () => {
    const deployments = [1, 2, 3].map((each) => ({
      name: `counter-${each}`,
      script: "counter.mjs",
    }));
    const first = await controller({ liveness: patient, deployments });
    const one = await mover("node-1", first);
    await until(() => one.agent.instances().length === 3);
    const ids = one.agent.instances().map(({ create }) => create.instance_id);
    await until(async () => (await Promise.all(ids.map(one.lives))).every((count) => count === 1));
    const two = await mover("node-2", first);
    await untilKnown([one.agent, two.agent], 3);
    const report = await one.agent.leave({ transferInstancesTo: "node-2", drainMs: 200 });
    expect({ ...report, moved: [...report.moved].sort() }).toEqual({
      moved: ids.sort(),
      failed: [],
    });
    await until(() => where(first).every(({ node }) => node === "node-2"));
    await until(async () => (await Promise.all(ids.map(two.lives))).every((count) => count === 2));
    const states = first.nodes().map(({ member }) => `${member.node} ${member.state}`);
    expect(states.sort()).toEqual(["node-1 left", "node-2 alive"]);
    expect(
      first
        .instances()
        .map(({ instance_id }) => instance_id)
        .sort(),
    ).toEqual(ids);
    expect(two.agent.instances()).toHaveLength(3);
  });

  it("says what could not be moved, stops it and leaves all the same", async () => {
    const { first, one, instance_id } = await scene({ target: { missing: "counter.mjs" } });
    const { pid } = one.agent.instances()[0]!.started;
    const report = await one.agent.leave({
      transferInstancesTo: "node-2",
      transferTimeoutMs: 1000,
      drainMs: 200,
    });
    expect(report).toMatchObject({ moved: [], failed: [{ instance_id }] });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await until(() => first.instances().length === 0);
  });

  it("has its instances taken by the node that it names, even without an order", async () => {
    const { first, one, two, instance_id } = await scene();
    const leave = { reason: "shutdown", transfer_instances_to: "node-2" };
    const { gossip } = one.agent.node.peer("node-2");
    await gossip.leave({ ...leave, instances: [instance_id] });
    await until(async () => (await two.lives(instance_id)) === 2);
    await until(() => where(first).some(({ node }) => node === "node-2"));
    await until(() => one.agent.instances().length === 0);
  });

  it("keeps its instances from whoever else hears of it", async () => {
    const heard: string[] = [];
    const target = { onLeave: (node: string) => heard.push(node) };
    const { one, two, instance_id } = await scene({ target });
    const leave = { reason: "shutdown", transfer_instances_to: "node-3" };
    const { gossip } = one.agent.node.peer("node-2");
    await gossip.leave({ ...leave, instances: [instance_id] });
    await until(() => heard.length > 0);
    expect(await two.staged()).toEqual([]);
    expect(await one.lives(instance_id)).toBe(1);
  });
});
