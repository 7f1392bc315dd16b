import { encode } from "@msgpack/msgpack";
import { beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder, testCertificateFiles } from "../../support/certificates.js";
import { jsonLines, type RnpOptions, runRnp, startRnp, until } from "../../support/cli.js";
import { pcapOf } from "../../support/pcap.js";
import { frameOf, messageOf } from "../../support/raw-peer.js";

async function environmentOf(id: string, role: "node" | "controller") {
  const { cert, key, ca } = await testCertificateFiles({ id, role });
  return { RNP_CERT: cert, RNP_KEY: key, RNP_CA: ca };
}

describe("rnp as a client of a controller", () => {
  let address: string;
  let options: RnpOptions;

  beforeEach(async () => {
    const env = await environmentOf("controller-1", "controller");
    const controller = startRnp(["controller", "--listen", "127.0.0.1:0"], { env });
    address = /127\.0\.0\.1:\d+/.exec(await controller.firstLine())![0];
    options = { env: await environmentOf("operator", "node") };
  });

  it("pings it", async () => {
    const { status, stdout } = await runRnp(["ping", address, "--count", "2", "--json"], options);
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { event: "pong", node: "controller-1", sequence: 1 },
      { event: "pong", node: "controller-1", sequence: 2 },
      { event: "summary", node: "controller-1", count: 2 },
    ]);
  });

  it("lists its members, and is none itself", async () => {
    const { status, stdout } = await runRnp(["members", address], options);
    expect(status).toBe(0);
    const [head, row, ...rest] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^NODE +ROLE +STATE +SINCE +RTT +INC +VERSION +ADDRESS$/);
    expect(row).toMatch(/^controller-1 +controller +alive +\S+Z +- +0 +/);
    expect(row).toMatch(new RegExp(` ${address}$`));
    expect(rest).toEqual([]);
  });

  it("sees a node in the table for programs as well", async () => {
    const env = await environmentOf("node-1", "node");
    const data = ["--data", await temporaryFolder()];
    const parameters = ["--listen", "127.0.0.1:0", "--join", address, ...data, "--json"];
    const node = startRnp(["node", ...parameters], { env });
    await until(() => node.stdout.includes('"alive"'));
    const { stdout } = await runRnp(["members", address, "--json"], options);
    const rows = jsonLines(stdout);
    expect(rows.find((row) => row.node === "node-1")).toMatchObject({
      role: "node",
      state: "alive",
      capabilities: ["instance", "filesystem", "mesh"],
      incarnation: 0,
      rtt_ms: expect.any(Number),
      epoch: expect.any(Number),
    });
  });

  it("calls it with any message and prints the answer", async () => {
    const query = ["mesh.query", '{"service_name":"user-service"}'];
    const { status, stdout } = await runRnp(["call", address, ...query, "--json"], options);
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toEqual([{ service_name: "user-service", instances: [] }]);
  });

  it("tells in one line what the controller refuses, and fails", async () => {
    const request = { instance_id: "a", cpu_cores: 1, ram_mb: 1, disk_mb: 1 };
    const parameters = ["call", address, "resource.request", JSON.stringify(request)];
    const { status, stdout, stderr } = await runRnp(parameters, options);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe("rnp: [RESOURCE_EXHAUSTED] no node has reported its resources yet\n");
  });

  it("refuses data that breaks the schema before it dials anybody", async () => {
    const parameters = ["call", "127.0.0.1:1", "mesh.query", '{"service_name":5}'];
    const { status, stderr } = await runRnp(parameters, options);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnp: \[PROTOCOL_ERROR\] mesh\.query: \/service_name: expected .*\n$/);
  });

  it("says in one line that nobody listens", async () => {
    const { status, stderr } = await runRnp(["ping", "127.0.0.1:1"], options);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnp: \[UNAVAILABLE\] .*nobody listens there; start the node.*\n$/);
  });
});

describe("rnp decode", () => {
  const ping = frameOf(encode(messageOf("ping", "node-1", { timestamp: 5 })));

  it("reads frames from standard input", async () => {
    const { status, stdout } = await runRnp(["decode", "--json"], { input: ping });
    expect(status).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { offset: 0, flags: [], message: { type: "ping", sender: "node-1", data: { timestamp: 5 } } },
    ]);
  });

  it("takes hex digits for what they are, and a capture too", async () => {
    const hex = await runRnp(["decode", "--json"], { input: ping.toString("hex") });
    expect(jsonLines(hex.stdout)).toMatchObject([{ message: { type: "ping" } }]);
    const input = pcapOf([{ from: "client", bytes: ping }]);
    const { status, stdout } = await runRnp(["decode"], { input });
    expect(status).toBe(0);
    expect(stdout).toContain("10.0.0.1:40000 > 10.0.0.2:7946  @0  ");
  });

  it("reads hex digits, and names what is wrong with a frame", async () => {
    const wrong = frameOf(encode(messageOf("ping", "node-1", { timestamp: "now" })));
    const input = Buffer.concat([ping, wrong]).toString("hex");
    const { status, stdout } = await runRnp(["decode", "--hex"], { input });
    expect(status).toBe(1);
    expect(stdout).toContain("  ping\n");
    expect(stdout).toContain("PROTOCOL_ERROR: ping: /timestamp: expected ");
  });
});
