import { describe, expect, it } from "vitest";
import { Allocator } from "../../../runtime/constellation/allocator.js";
import { InstanceCreator } from "../../../runtime/constellation/instance-creator.js";
import { Instances } from "../../../runtime/constellation/instances.js";
import {
  type InstanceCreate,
  type InstanceStarted,
  type Member,
  type Outcome,
  RnpError,
} from "../../../runtime/index.js";
import { recordingLogger } from "./support.js";

type Create = (node: string, data: InstanceCreate) => Promise<InstanceStarted>;

const startAt: Create = async (_, { instance_id }) => ({ instance_id, pid: 1, startup_time_ms: 1 });

function setup(create: Create = startAt) {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const members = ["a", "b"].map(
    (node): Member => ({
      node,
      role: "node",
      state: "alive",
      capabilities: ["instance"],
      metadata: {},
      since: 0,
    }),
  );
  const options = { members: () => members, now, random: () => 0, allocationMs: 1000 };
  const allocator = new Allocator(options);
  for (const { node } of members) {
    allocator.report(node, {
      cpu: { total_cores: 4, available_cores: 4, percent_used: 0 },
      ram: { total_mb: 4096, available_mb: 4096, percent_used: 0 },
      disk: { total_gb: 10, available_gb: 10, percent_used: 0 },
    });
  }
  const sent: string[] = [];
  const { logger, lines } = recordingLogger();
  const instances = new Instances({ allocator, now, uncertainMs: 500, logger });
  const creator = new InstanceCreator({
    allocator,
    instances,
    create: (node, data) => {
      sent.push(`${node} ${data.instance_id}`);
      return create(node, data);
    },
    newId: () => "inst-new",
    now,
    uncertainMs: 500,
    logger,
  });
  return { creator, instances, ledger: allocator.ledger, clock, sent, lines };
}

const web = { name: "web", script: "web.mjs", resources: { cpu_percent: 150, ram_mb: 512 } };

function failing(code: "UNAVAILABLE" | "NOT_FOUND" | "TIMEOUT", outcome: Outcome) {
  return new RnpError(code, "no", { outcome });
}

describe("creating an instance", () => {
  it("reserves what it asks for, percent of a core as cores, and keeps it while it runs", async () => {
    const { creator, instances, ledger, clock, sent } = setup();
    expect(await creator.create(web)).toMatchObject({
      instance_id: "inst-new",
      node: "a",
      pid: 1,
    });
    expect(sent).toEqual(["a inst-new"]);
    expect(ledger.reservedOn("a")).toEqual({ cpu_cores: 1.5, ram_mb: 512, disk_mb: 0 });
    clock.ms = 1_000_000;
    instances.expire();
    expect(ledger.isRunning("inst-new")).toBe(true);
    expect(instances.list()).toMatchObject([{ name: "web", node: "a", state: "running" }]);
  });

  it("goes where resources were reserved for it", async () => {
    const { creator, ledger } = setup();
    const reserved = { cpu_cores: 1, ram_mb: 1, disk_mb: 1, expires_at: 1000 };
    ledger.reserve({ instance_id: "inst-9", node: "b", ...reserved });
    expect((await creator.create({ ...web, instance_id: "inst-9" })).node).toBe("b");
    expect(ledger.reservedOn("b").cpu_cores).toBe(1);
  });

  it("passes over a node that cannot be reached", async () => {
    const { creator, sent, ledger } = setup(async (node, data) => {
      if (node === "a") throw failing("UNAVAILABLE", "not-delivered");
      return startAt(node, data);
    });
    expect((await creator.create(web)).node).toBe("b");
    expect(sent).toEqual(["a inst-new", "b inst-new"]);
    expect(ledger.on("a")).toEqual([]);
  });

  it("says why when no node can be reached, and frees everything", async () => {
    const { creator, sent, ledger } = setup(() =>
      Promise.reject(failing("UNAVAILABLE", "not-delivered")),
    );
    await expect(creator.create(web)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(sent).toHaveLength(2);
    expect(ledger.count).toBe(0);
  });

  it("frees the resources of an instance that the node refused", async () => {
    const { creator, ledger, sent } = setup(() => Promise.reject(failing("NOT_FOUND", "rejected")));
    await expect(creator.create(web)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(ledger.count).toBe(0);
    expect(sent).toHaveLength(1);
  });

  it("keeps the resources for a while when nobody knows whether it runs", async () => {
    const { creator, instances, ledger, clock } = setup(() =>
      Promise.reject(failing("TIMEOUT", "unknown")),
    );
    await expect(creator.create(web)).rejects.toMatchObject({ outcome: "unknown" });
    expect(ledger.reservedOn("a").ram_mb).toBe(512);
    clock.ms = 500;
    instances.expire();
    expect(ledger.count).toBe(0);
  });

  it("does not take one for running that has ended before its answer came", async () => {
    let answer: (started: InstanceStarted) => void = () => {};
    const { creator, instances, ledger } = setup(
      () => new Promise((resolve) => (answer = resolve)),
    );
    const creating = creator.create(web);
    const ended = { exit_code: 0, reason: "exited", runtime_seconds: 0 };
    expect(instances.handleStopped("a", { instance_id: "inst-new", ...ended })).toBe(true);
    answer({ instance_id: "inst-new", pid: 1, startup_time_ms: 1 });
    await creating;
    expect(instances.list()).toEqual([]);
    expect(ledger.count).toBe(0);
  });

  it("creates nothing twice", async () => {
    const { creator } = setup();
    await creator.create(web);
    await expect(creator.create(web)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });
});

describe("the table of instances", () => {
  const started = { instance_id: "inst-1", pid: 5, startup_time_ms: 1 };
  const stopped = { instance_id: "inst-1", exit_code: 0, reason: "exited", runtime_seconds: 1 };

  it("takes in what runs already, as after a restart of the controller", () => {
    const { instances, ledger } = setup();
    expect(instances.handleStarted("a", started)).toBe(true);
    expect(instances.list()).toMatchObject([{ instance_id: "inst-1", node: "a", name: undefined }]);
    expect(ledger.isRunning("inst-1")).toBe(true);
  });

  it("believes only the node that an instance was placed on", async () => {
    const { creator, instances, lines } = setup();
    await creator.create({ ...web, instance_id: "inst-1" });
    expect(instances.handleStarted("b", started)).toBe(false);
    expect(instances.handleStopped("b", stopped)).toBe(false);
    expect(instances.list()).toHaveLength(1);
    expect(lines).toContain("warn: an instance runs on another node than it was placed on");
  });

  it("waits a while for a dead node to come back with its instances", async () => {
    const { creator, instances, ledger, clock } = setup();
    await creator.create({ ...web, instance_id: "inst-1" });
    expect(instances.handleDead("a")).toHaveLength(1);
    expect(instances.list()).toMatchObject([{ state: "lost" }]);
    clock.ms = 499;
    instances.expire();
    instances.handleStarted("a", started);
    clock.ms = 1_000_000;
    instances.expire();
    expect(instances.list()).toMatchObject([{ state: "running", name: "web" }]);
    expect(ledger.reservedOn("a").ram_mb).toBe(512);
  });

  it("forgets what ran on a dead node that stays away", async () => {
    const { creator, instances, ledger, clock } = setup();
    await creator.create({ ...web, instance_id: "inst-1" });
    instances.handleDead("a");
    clock.ms = 500;
    instances.expire();
    expect(instances.list()).toEqual([]);
    expect(ledger.count).toBe(0);
  });

  it("forgets at once what ran on a node that left", async () => {
    const { creator, instances, ledger } = setup();
    await creator.create({ ...web, instance_id: "inst-1" });
    expect(instances.handleLeft("a")).toHaveLength(1);
    expect(instances.list()).toEqual([]);
    expect(ledger.count).toBe(0);
  });
});

describe("an instance that moves from a to b", () => {
  const started = { instance_id: "inst-1", pid: 5, startup_time_ms: 1 };
  const stopped = { instance_id: "inst-1", exit_code: 0, reason: "terminated", runtime_seconds: 1 };
  const where = ({ instances }: ReturnType<typeof setup>) =>
    instances.list().map(({ node, state }) => `${node} ${state}`);

  async function moving() {
    const scene = setup();
    await scene.creator.create({ ...web, instance_id: "inst-1" });
    scene.instances.handleMoving("a", { instance_id: "inst-1", to: "b" });
    return scene;
  }

  it("takes its resources and its name along", async () => {
    const scene = await moving();
    expect(where(scene)).toEqual(["a moving"]);
    expect(scene.instances.handleStarted("b", started)).toBe(true);
    expect(scene.instances.list()).toMatchObject([{ node: "b", state: "running", name: "web" }]);
    expect(scene.ledger.reservedOn("a").ram_mb).toBe(0);
    expect(scene.ledger.reservedOn("b").ram_mb).toBe(512);
    scene.clock.ms = 1_000_000;
    scene.instances.expire();
    expect(where(scene)).toEqual(["b running"]);
  });

  it("is still on its way when its source repeats that it runs", async () => {
    const scene = await moving();
    scene.instances.handleStarted("a", started);
    expect(where(scene)).toEqual(["a moving"]);
    expect(scene.instances.handleStarted("b", started)).toBe(true);
  });

  it("may take as long as it takes", async () => {
    const scene = await moving();
    scene.clock.ms = 100_000_000;
    scene.instances.expire();
    expect(scene.instances.handleStarted("b", started)).toBe(true);
  });

  it("is believed of no third node", async () => {
    const scene = await moving();
    expect(scene.instances.handleStarted("c", started)).toBe(false);
  });

  it("is its source's again when that calls the move off, before or after b has spoken", async () => {
    for (const isFirst of [true, false]) {
      const scene = await moving();
      if (!isFirst) scene.instances.handleStarted("b", started);
      scene.instances.handleMoving("a", { instance_id: "inst-1", to: "a" });
      expect(where(scene)).toEqual(["a running"]);
      expect(scene.instances.handleStarted("b", started)).toBe(false);
      expect(scene.instances.handleStopped("b", stopped)).toBe(false);
      expect(scene.ledger.reservedOn("a").ram_mb).toBe(512);
    }
  });

  it("is called off by nobody else, and not for ever", async () => {
    const scene = await moving();
    const callOff = (node: string) => () =>
      scene.instances.handleMoving(node, { instance_id: "inst-1", to: node });
    const refusal = expect.objectContaining({ code: "NOT_FOUND" });
    expect(callOff("c")).toThrowError(refusal);
    scene.instances.handleStarted("b", started);
    expect(callOff("c")).toThrowError(refusal);
    scene.clock.ms = 500;
    scene.instances.expire();
    expect(callOff("a")).toThrowError(refusal);
    expect(where(scene)).toEqual(["b running"]);
  });

  it("moves only with the word of the node that it is on", async () => {
    const { creator, instances } = setup();
    await creator.create({ ...web, instance_id: "inst-1" });
    for (const [node, id] of [
      ["b", "inst-1"],
      ["a", "inst-0"],
    ] as const) {
      const move = () => instances.handleMoving(node, { instance_id: id, to: "c" });
      expect(move).toThrowError(expect.objectContaining({ code: "NOT_FOUND" }));
    }
  });

  it("is over when its source says that it has stopped", async () => {
    const scene = await moving();
    expect(scene.instances.handleStopped("a", stopped)).toBe(true);
    expect(where(scene)).toEqual([]);
  });

  it.each(["handleDead", "handleLeft"] as const)(
    "is not lost at once with its source: %s",
    async (event) => {
      const scene = await moving();
      expect(scene.instances[event]("a")).toEqual([]);
      scene.clock.ms = 499;
      expect(scene.instances.expire()).toEqual([]);
      expect(scene.instances.handleStarted("b", started)).toBe(true);
      expect(where(scene)).toEqual(["b running"]);
      expect(scene.ledger.reservedOn("b").ram_mb).toBe(512);
    },
  );

  it.each(["handleDead", "handleLeft"] as const)(
    "is lost after a while where b does not speak: %s",
    async (event) => {
      const scene = await moving();
      scene.instances[event]("a");
      scene.clock.ms = 500;
      expect(scene.instances.expire()).toEqual(["inst-1"]);
      expect(where(scene)).toEqual([]);
    },
  );

  it("is lost with b once it has arrived there", async () => {
    const scene = await moving();
    scene.instances.handleStarted("b", started);
    expect(scene.instances.handleLeft("a")).toEqual([]);
    expect(scene.instances.handleDead("b")).toMatchObject([{ instance_id: "inst-1" }]);
  });
});
