import { describe, expect, it } from "vitest";
import { Deployments } from "../../../runtime/constellation/deployments.js";
import type { InstanceRequest } from "../../../runtime/constellation/instance-creator.js";
import { RnpError } from "../../../runtime/index.js";
import { recordingLogger } from "./support.js";

const web = { name: "web", script: "web.mjs" };

function setup(outcome: (request: InstanceRequest) => Promise<unknown> = async () => {}) {
  const clock = { ms: 0 };
  const created: string[] = [];
  const { logger, lines } = recordingLogger();
  const deployments = new Deployments({
    deployments: [web],
    create: (request) => {
      created.push(request.instance_id!);
      return outcome(request);
    },
    newSuffix: () => String(created.length + 1),
    now: () => clock.ms,
    logger,
  });
  /** Lets time pass and what was started come to its end. */
  const at = async (ms: number) => {
    clock.ms = ms;
    deployments.handleTimeout();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { deployments, created, clock, lines, at };
}

const exhausted = () => Promise.reject(new RnpError("RESOURCE_EXHAUSTED", "no node has room"));
const broken = () => Promise.reject(new RnpError("NOT_FOUND", "no such script"));

describe("a deployment", () => {
  it("is started once and left alone while it runs", async () => {
    const { created, at } = setup();
    await at(0);
    await at(60_000);
    expect(created).toEqual(["web-1"]);
  });

  it("waits for a node with room and is started as soon as one reports", async () => {
    let hasRoom = false;
    const { deployments, created, at, lines } = setup(() =>
      hasRoom ? Promise.resolve() : exhausted(),
    );
    await at(0);
    hasRoom = true;
    deployments.handleRoom();
    expect(created).toEqual(["web-1", "web-2"]);
    await at(60_000);
    expect(created).toHaveLength(2);
    expect(lines).toEqual(["debug: a deployment waits for a node with room"]);
  });

  it("is started again when it has ended", async () => {
    const { deployments, created, at } = setup();
    await at(0);
    await at(20_000);
    deployments.handleEnded("web-1");
    await at(20_099);
    expect(created).toHaveLength(1);
    await at(20_100);
    expect(created).toEqual(["web-1", "web-2"]);
  });

  it("is tried less and less often when it keeps failing, but at least every 30 seconds", async () => {
    const { deployments, created, at, clock } = setup(broken);
    await at(0);
    const waits: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      const before = clock.ms;
      const count = created.length;
      deployments.handleRoom();
      for (let ms = before; created.length === count; ms += 100) await at(ms);
      waits.push(clock.ms - before);
    }
    expect(waits).toEqual([100, 300, 900, 2700, 8100, 24_300, 30_000, 30_000]);
  });

  it("is tried less and less often when it starts and ends at once", async () => {
    const { deployments, created, at } = setup();
    await at(0);
    deployments.handleEnded("web-1");
    await at(100);
    deployments.handleEnded("web-2");
    await at(399);
    expect(created).toHaveLength(2);
    await at(400);
    expect(created).toHaveLength(3);
  });

  it("may end before its start is confirmed", async () => {
    let confirm: () => void = () => {};
    const { deployments, created, at } = setup(
      () => new Promise<void>((resolve) => (confirm = resolve)),
    );
    await at(0);
    deployments.handleEnded("web-1");
    confirm();
    await at(100);
    expect(created).toEqual(["web-1", "web-2"]);
  });

  it("is recognised when it runs already, as after a restart of the controller", async () => {
    const { deployments, created, at } = setup();
    deployments.handleFound("web-7f3a");
    await at(0);
    expect(created).toEqual([]);
    deployments.handleEnded("web-7f3a");
    await at(100);
    expect(created).toEqual(["web-1"]);
  });

  it("is reported when it runs twice because its lost node came back", async () => {
    const { deployments, at, lines } = setup();
    await at(0);
    deployments.handleEnded("web-1");
    await at(100);
    deployments.handleFound("web-1");
    deployments.handleFound("web-2");
    deployments.handleFound("something-else");
    expect(lines).toEqual(["warn: a deployment runs twice: its lost node is back"]);
  });

  it.each([[["web", "web"]], [[""]], [["a b"]], [["-web"]]])("cannot be called %j", (names) => {
    const deployments = names.map((name) => ({ ...web, name }));
    const { logger } = recordingLogger();
    const options = { create: async () => {}, newSuffix: () => "", now: () => 0, logger };
    expect(() => new Deployments({ deployments, ...options })).toThrow(RangeError);
  });
});
