import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../support/certificates.js";
import { until } from "../../support/cli.js";
import { freeAddress } from "../../support/proxy.js";
import { Scene } from "./scene.js";

const WITHIN_MS = 20_000;

it("starts a deployment again whose node was restarted before anybody missed it", {
  timeout: 60_000,
}, async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "wait.sh"), "sleep 60");
  const list = [{ name: "waiter", script: "wait.sh", resources: { ram_mb: 16 } }];
  await writeFile(join(folder, "deploy.json"), JSON.stringify(list));
  const scene = await Scene.open();
  const seed = await scene.addressOf("controller-1");
  const controller = await scene.start("controller-1", {
    parameters: ["--deploy", join(folder, "deploy.json")],
  });
  const parameters = ["--scripts", folder, "--log-level", "info"];
  const instanceOf = ({ stderr }: { stderr: string }) =>
    /"instance_id":"(waiter-[0-9a-f]{8})".*"an instance started"/.exec(stderr)?.[1];
  const before = await scene.start("node-1", { join: [seed], parameters });
  await until(() => instanceOf(before) !== undefined);
  await before.kill();
  const after = await scene.start("node-1", { join: [seed], parameters });
  await until(() => instanceOf(after) !== undefined);
  expect(instanceOf(after)).not.toBe(instanceOf(before));
  const kinds = () => scene.toldBy("controller-1").map(({ kind }) => kind);
  await expect.poll(kinds).toEqual(["joined", "restarted"]);
  await until(() => controller.stderr.includes("a node took services and instances with it"));
});

it("brings back who was killed, by what it remembers, with its seed gone for good", {
  timeout: 60_000,
}, async () => {
  const scene = await Scene.open("--liveness", "local");
  const seed = await scene.addressOf("controller-1");
  await scene.start("controller-1");
  const nodes = ["node-1", "node-2", "node-3"];
  await Promise.all(nodes.map((id) => scene.start(id, { join: [seed] })));
  const living = (ids: readonly string[]) => ids.map((id) => `${id} alive`);
  await scene.untilAll(nodes, living(nodes), WITHIN_MS);
  // What a node knows is on its disk a moment later.
  await expect.poll(() => scene.remembersAll("node-2", nodes.length)).toBe(true);
  await Promise.all(["controller-1", "node-2", "node-3"].map((id) => scene.process(id).kill()));
  const gone = await freeAddress();
  await scene.start("node-2", { join: [gone] });
  await scene.untilAll(["node-1", "node-2"], living(["node-1", "node-2"]), WITHIN_MS);
});
