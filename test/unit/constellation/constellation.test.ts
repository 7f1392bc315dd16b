import { readFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { startAgent, startController } from "../../../runtime/constellation/index.js";
import { testCertificate } from "../../support/certificates.js";
import {
  agent,
  constellation,
  controller,
  liveness,
  ROOMY,
  SERVICE,
  timing,
  untilReported,
} from "./running.js";
import { recordingLogger, temporaryFolder, until } from "./support.js";

describe("a constellation", () => {
  it("shows the controller what its nodes have and do", async () => {
    const { controller: first } = await constellation(["node-1"]);
    expect(first.nodes()).toMatchObject([
      {
        member: {
          node: "node-1",
          state: "alive",
          capabilities: ["instance", "filesystem", "mesh"],
        },
        resources: ROOMY,
        heartbeat: { cpu_percent: 0, ram_used_mb: 2048, instance_count: 0 },
        instances: [],
      },
    ]);
  });

  it("places instances on nodes, runs them and finds their services healthy", async () => {
    const { controller: first, agents } = await constellation(["node-1", "node-2"]);
    const request = { name: "users", script: "server.mjs", env: SERVICE };
    const one = await first.createInstance(request);
    const two = await first.createInstance(request);
    expect([one.node, two.node].sort()).toEqual(["node-1", "node-2"]);
    expect(agents.map((each) => each.instances().length)).toEqual([1, 1]);
    const query = { service_name: "users", filters: { healthy: true } };
    const asker = await agents[0]!.node.controller();
    await until(async () => (await asker.mesh.query(query)).instances.length === 2);
    const { instances } = await asker.mesh.query(query);
    expect(instances.map(({ address }) => address).sort()).toEqual(
      [one.listening_on, two.listening_on].sort(),
    );
    expect(instances[0]!.latency_ms).toBeGreaterThan(0);
  });

  it("takes an instance that ends out of every table", async () => {
    const { controller: first } = await constellation(["node-1"]);
    const { instance_id } = await first.createInstance({ name: "short", script: "short.sh" });
    expect(first.instances()).toMatchObject([{ instance_id, node: "node-1", state: "running" }]);
    await until(() => first.instances().length === 0);
  });

  it("says where an instance is, the controller of all and a node of its own", async () => {
    const { controller: first, agents } = await constellation(["node-1", "node-2"]);
    const { instance_id, node } = await first.createInstance({ name: "idle", script: "idle.sh" });
    const host = agents.find((each) => each.node.id === node)!;
    const other = agents.find((each) => each !== host)!;
    const expected = { instance_id, node, address: host.node.address, state: "running" };
    const asked = await other.node.controller();
    expect(await asked.instance.locate({ instance_id })).toEqual(expected);
    expect(await other.node.peer(node).instance.locate({ instance_id })).toEqual(expected);
    const astray = { code: "NOT_FOUND", details: { kind: "instance", id: instance_id } };
    const asking = host.node.peer(other.node.id).instance.locate({ instance_id });
    await expect(asking).rejects.toMatchObject(astray);
    const unknown = asked.instance.locate({ instance_id: "inst-0" });
    await expect(unknown).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses what no node has room for, with the numbers, also to a node that asks", async () => {
    const { controller: first, agents } = await constellation(["node-1"]);
    const large = { name: "large", script: "idle.sh", resources: { ram_mb: 4096 } };
    await expect(first.createInstance(large)).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      details: { requested_mb: 4096, available_mb: 2048, nodes: 1 },
    });
    const asker = await agents[0]!.node.controller();
    const request = { instance_id: "inst-1", cpu_cores: 5, ram_mb: 1, disk_mb: 1 };
    await expect(asker.resource.request(request)).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      details: { requested_cores: 5, available_cores: 4 },
    });
    const allocated = await asker.resource.request({ ...request, cpu_cores: 4 });
    expect(allocated).toMatchObject({ instance_id: "inst-1", node: "node-1", cpu_cores: 4 });
    expect(allocated.expires_at).toBeGreaterThan(Date.now());
  });

  it("lets what the node refuses reach the one who asked", async () => {
    const { controller: first } = await constellation(["node-1"]);
    const create = (script: string) => first.createInstance({ name: "x", script });
    await expect(create("absent.sh")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(create("../x.sh")).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(first.instances()).toEqual([]);
    await first.createInstance({ name: "x", script: "idle.sh" });
  });

  it("keeps a deployment running: when the first node comes, and when the instance is lost", async () => {
    const web = { name: "web", script: "idle.sh" };
    const first = await controller({ deployments: [web] });
    const node = await agent("node-1", first.node.address!);
    await until(() => first.instances().length === 1);
    const { pid, instance_id } = node.instances()[0]!.started;
    expect(instance_id).toMatch(/^web-[0-9a-f]{8}$/);
    process.kill(pid, "SIGKILL");
    await until(() => first.instances().some((each) => each.instance_id !== instance_id));
  });

  it("hands the deployments of a node that leaves to another one", async () => {
    const deployments = [{ name: "web", script: "server.mjs", env: SERVICE }];
    const first = await controller({ deployments });
    const node = await agent("node-1", first.node.address!);
    await until(() => first.services().some(({ healthy }) => healthy));
    await agent("node-2", first.node.address!);
    await untilReported(first, 2);
    const { pid } = node.instances()[0]!.started;
    await node.close({ drainMs: 200 });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await until(() => first.instances().some((each) => each.node === "node-2"));
    await until(() => first.services().some((each) => each.node === "node-2" && each.healthy));
    expect(first.services().map((each) => each.node)).toEqual(["node-2"]);
    expect(first.nodes().find(({ member }) => member.node === "node-1")?.member.state).toBe("left");
  });

  it("survives a restart of its controller: nodes tell the new one what runs on them", async () => {
    const deployments = [{ name: "web", script: "server.mjs", env: SERVICE }];
    const first = await controller({ deployments });
    const address = first.node.address!;
    const node = await agent("node-1", address);
    await until(() => first.services().some(({ healthy }) => healthy));
    await first.close({ drainMs: 100 });
    const second = await controller({ deployments, listen: address });
    await until(() => second.services().some(({ healthy }) => healthy));
    expect(second.instances()).toMatchObject([{ node: "node-1", state: "running" }]);
    expect(node.instances()).toHaveLength(1);
  });

  it("writes files to as many nodes as asked for, the writer among them", async () => {
    const { agents } = await constellation(["node-1", "node-2", "node-3"]);
    const [writer] = agents;
    await until(() => writer!.node.memberList().filter(({ role }) => role === "node").length === 3);
    const bytes = Buffer.alloc(2_500_000, "replica ");
    const written = await writer!.writeFile("/cluster/data.bin", bytes, { replicationFactor: 3 });
    expect([...written.replicas].sort()).toEqual(["node-1", "node-2", "node-3"]);
    for (const each of agents) {
      const [file] = each.files();
      expect(file!.path).toBe("/cluster/data.bin");
      expect(bytes.equals(await readFile(file!.localPath))).toBe(true);
    }
    const tooMany = writer!.writeFile("/x", bytes, { replicationFactor: 4 });
    await expect(tooMany).rejects.toThrow(/4 storage nodes requested, 3 available/);
  });
});

describe("an agent", () => {
  it("starts without a controller, says so once and reports when there is one", async () => {
    const { logger, lines } = recordingLogger();
    const first = await controller();
    const address = first.node.address!;
    await first.close({ drainMs: 50 });
    const node = await agent("node-1", address, { logger });
    const says = "warn: the controller cannot be reached; trying on";
    await until(() => lines.includes(says));
    const second = await controller({ listen: address });
    await untilReported(second, 1);
    expect(lines.filter((line) => line === says)).toHaveLength(1);
    await node.close({ drainMs: 50 });
  });

  it("that stores no files and runs no instances says so to who asks", async () => {
    const { controller: first } = await constellation(["node-1"], { agent: { capabilities: [] } });
    await expect(first.createInstance({ name: "x", script: "idle.sh" })).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
    });
  });

  it("can be closed twice", async () => {
    const { agents } = await constellation(["node-1"]);
    await Promise.all([agents[0]!.close({ drainMs: 50 }), agents[0]!.close({ drainMs: 50 })]);
  });
});

describe("a controller", () => {
  it("does not start with the certificate of a node", async () => {
    const identity = await testCertificate({ id: "node-9" });
    await expect(startController({ identity, listen: "127.0.0.1:0" })).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      message: expect.stringContaining("issue one with the role controller"),
    });
  });

  it("does not start with deployments that cannot be", async () => {
    const deployments = [{ name: "", script: "x.sh" }];
    await expect(controller({ deployments })).rejects.toThrow(RangeError);
  });

  it("measures the real machine when nobody says otherwise", async () => {
    const first = await controller();
    const dataDir = await temporaryFolder();
    const identity = await testCertificate({ id: "node-1" });
    const options = {
      identity,
      listen: "127.0.0.1:0",
      join: [first.node.address!],
      dataDir,
      liveness,
      timing,
    };
    const node = await startAgent(options);
    onTestFinished(() => node.close({ drainMs: 50 }));
    await untilReported(first, 1);
    expect(first.nodes()[0]!.resources!.cpu.total_cores).toBeGreaterThanOrEqual(1);
  });
});
