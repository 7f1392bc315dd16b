import { describe, expect, it } from "vitest";
import { scaledTiming, TIMINGS } from "../../runtime/index.js";
import { temporaryFolder, testCertificateFiles } from "../support/certificates.js";
import { jsonLines, type RnpProcess, runRnp, startRnp } from "../support/cli.js";
import { startCluster } from "../support/cluster.js";
import { startController } from "../support/daemon.js";
import { startPython, withoutPython } from "../support/python-peer.js";

/** The options that say who `id` is. */
async function identityOf(id: string): Promise<string[]> {
  const { cert, key, ca } = await testCertificateFiles({ id });
  return ["--cert", cert, "--key", key, "--ca", ca];
}

/** Starts `rnp node` and settles when it listens. */
async function startMember(id: string, join: string): Promise<RnpProcess> {
  const where = ["--listen", "127.0.0.1:0", "--join", join, "--data", await temporaryFolder()];
  const rnp = startRnp(["node", ...where, ...(await identityOf(id))]);
  await rnp.firstLine();
  return rnp;
}

describe.skipIf(withoutPython)(`a Python peer in a constellation ${withoutPython ?? ""}`, () => {
  it("joins, is seen alive, offers a service, answers a call, and leaves", {
    timeout: 60_000,
  }, async () => {
    const { address } = await startController();
    await Promise.all([startMember("node-1", address), startMember("node-2", address)]);
    const python = await startPython("python-1", { join: address });
    const identity = await identityOf("client-1");
    const rnp = async (...words: string[]) => {
      const { stdout, stderr } = await runRnp([...words, ...identity, "--json"]);
      if (stdout === "") throw new Error(stderr);
      return jsonLines(stdout);
    };
    const stateOf = async (id: string) =>
      (await rnp("members", address)).find(({ node }) => node === id)?.state;
    await expect.poll(() => stateOf("python-1")).toBe("alive");
    const known = async () =>
      (await python.do<{ node: string; state: string }[]>("members"))
        .filter(({ state }) => state === "alive")
        .map(({ node }) => node)
        .sort();
    await expect.poll(known).toEqual(["controller-1", "node-1", "node-2"]);

    const port = Number(python.address.split(":")[1]);
    const service = { service_name: "python-service", instance_id: "py-1", protocol: "tcp", port };
    await python.do("send", { to: "controller-1", type: "mesh.register", data: service });
    const query = JSON.stringify({ service_name: "python-service" });
    const [{ instances } = {}] = await rnp("call", address, "mesh.query", query);
    expect(instances).toMatchObject([{ node: "python-1", address: python.address }]);
    const locate = JSON.stringify({ instance_id: "py-1" });
    expect(await rnp("call", python.address, "instance.locate", locate)).toMatchObject([
      { instance_id: "py-1" },
    ]);

    expect(await python.stop()).toBe(0);
    await expect.poll(() => stateOf("python-1")).toBe("left");
  });

  it("stays alive for as long as it sends heartbeats, and is found dead when it is killed", async () => {
    const liveness = scaledTiming(0.02, TIMINGS.specification);
    const { controller, nodes } = await startCluster(2, { liveness });
    const python = await startPython("python-1", {
      join: controller.address!,
      heartbeatMs: liveness.heartbeatIntervalMs,
    });
    const everybody = [controller, ...nodes];
    const states = () =>
      everybody.map((node) => node.memberList().find((each) => each.node === "python-1")?.state);
    await expect.poll(states).toEqual(["alive", "alive", "alive"]);
    const changes = nodes[0]!.members();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { node, state } of changes) if (node === "python-1") seen.push(state);
    })();
    await new Promise((resolve) =>
      setTimeout(resolve, 5 * (liveness.suspectAfterMs + liveness.suspicionBaseMs)),
    );
    expect(states()).toEqual(["alive", "alive", "alive"]);
    expect(seen.filter((state) => state !== "alive")).toEqual([]);
    const members = await python.do<{ node: string; state: string }[]>("members");
    expect(members.map(({ state }) => state)).toEqual(["alive", "alive", "alive"]);
    await python.kill();
    await expect.poll(states).toEqual(["dead", "dead", "dead"]);
    await changes.return?.();
    await watching;
  });
});
