import { describe, expect, it } from "vitest";
import { type FsWrite, type MeshRegister, RnpError, type RnpNode } from "../../runtime/index.js";
import { startNode } from "../support/cluster.js";
import { type PythonPeer, startPython, withoutPython } from "../support/python-peer.js";

const FILE: FsWrite = {
  path: "/interop/file",
  size: 0,
  checksum: `sha256:${"0".repeat(64)}`,
  chunks: 1,
  replication_factor: 1,
};
const WAYS: [string, string[]][] = [
  ["in channels", ["lz4", "bin", "streams", "flow", "delivery"]],
  ["by id", ["lz4", "bin", "streams", "flow"]],
];

const PORTS = Array.from({ length: 20 }, (_, index) => index + 1);
const service = (port: number): MeshRegister => ({
  service_name: "ordered",
  instance_id: `inst-${port}`,
  protocol: "tcp",
  port,
});

/** A file whose size tells it from the others. */
const file = (size: number): FsWrite => ({ ...FILE, size });
const sizes = (received: readonly { data: Record<string, unknown> }[]) =>
  received.map(({ data }) => data.size as number);
const inOrder = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

/** A Python peer that has dialled a node of ours. */
async function pair(
  capabilities: readonly string[],
): Promise<{ node: RnpNode; python: PythonPeer }> {
  const node = await startNode("node-1");
  const python = await startPython("python-1", { capabilities });
  await python.dial(node.address!);
  return { node, python };
}

describe.skipIf(withoutPython).each(WAYS)(
  `acknowledged messages %s ${withoutPython ?? ""}`,
  (_, capabilities) => {
    it("are handled by Python, each once, and the sender knows it", async () => {
      const { node, python } = await pair(capabilities);
      const peer = node.peer("python-1");
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      await Promise.all(numbers.map((number) => peer.fs.write(file(number))));
      const received = sizes(await python.do("received"));
      expect(inOrder(received)).toEqual(numbers);
    });

    it("are handled by ours, each once, and Python knows it", async () => {
      const { node, python } = await pair(capabilities);
      const handled: number[] = [];
      node.handle("fs.write", async ({ size }) => void handled.push(size));
      const numbers = Array.from({ length: 200 }, (_, index) => index);
      await Promise.all(
        numbers.map((size) =>
          python.do("send", { to: "node-1", type: "fs.write", data: file(size) }),
        ),
      );
      expect(inOrder(handled)).toEqual(numbers);
    });

    it("are refused with the same error on either side", async () => {
      const { node, python } = await pair(capabilities);
      const error = {
        code: "RESOURCE_EXHAUSTED",
        message: "no room",
        details: { available_mb: 1 },
      };
      await python.do("script", { type: "fs.write", error });
      const sent = node.peer("python-1").fs.write(FILE);
      const { code, details } = error;
      await expect(sent).rejects.toMatchObject({ code, details, outcome: "rejected" });

      node.handle("fs.write", () => {
        throw new RnpError("RESOURCE_EXHAUSTED", "no room", { details: { available_mb: 1 } });
      });
      const message = { to: "node-1", type: "fs.write", data: FILE };
      await expect(python.do("send", message)).rejects.toMatchObject({
        code: "RESOURCE_EXHAUSTED",
        details: { available_mb: 1 },
        outcome: "rejected",
      });
      const unheard = { to: "node-1", type: "fs.replicate" };
      const data = { file_id: "file-1", chunk_id: 0, chunk_data: "", checksum: FILE.checksum };
      await expect(python.do("send", { ...unheard, data })).rejects.toMatchObject({
        code: "UNSUPPORTED",
      });
    });

    it("come again after an error that passes, on either side", async () => {
      const { node, python } = await pair(capabilities);
      const error = { code: "UNAVAILABLE", message: "not now" };
      await python.do("script", { type: "fs.write", error, times: 2 });
      await node.peer("python-1").fs.write(FILE);
      expect(await python.do("received")).toHaveLength(3);

      let refusals = 2;
      node.handle("fs.write", async () => {
        if (refusals-- > 0) throw new RnpError("UNAVAILABLE", "not now");
      });
      await python.do("send", { to: "node-1", type: "fs.write", data: FILE });
      expect(refusals).toBe(-1);
    });
  },
);

describe.skipIf(withoutPython)(`a channel ${withoutPython ?? ""}`, () => {
  it("keeps the order of its messages, also around one that was refused for now", async () => {
    const node = await startNode("controller-1");
    const python = await startPython("python-1");
    await python.dial(node.address!);
    const handled: number[] = [];
    let refusals = 2;
    node.handle("mesh.register", async ({ port }) => {
      if (port === 3 && refusals-- > 0) throw new RnpError("UNAVAILABLE", "not now");
      handled.push(port);
    });
    const send = (port: number) => ({
      to: "controller-1",
      type: "mesh.register",
      data: service(port),
    });
    await Promise.all(PORTS.map((port) => python.do("send", send(port))));
    expect(handled).toEqual(PORTS);
    expect(refusals).toBe(-1);
  });

  it("keeps their order in Python too", async () => {
    const python = await startPython("python-1", { role: "controller" });
    const node = await startNode("node-1");
    const peer = await node.peerAt(python.address);
    const error = { code: "UNAVAILABLE", message: "not now" };
    await python.do("script", { type: "mesh.register", error, times: 2 });
    await Promise.all(PORTS.map((port) => peer.mesh.register(service(port))));
    const ports = (await python.do("received")).map(({ data }) => data.port);
    // The first one was refused twice, and all behind it came again.
    expect(ports).toEqual([1, 1, ...PORTS]);
  });

  it("loses nothing and repeats nothing where the connection is cut, in either direction", async () => {
    const { node, python } = await pair(WAYS[0]![1]);
    const handled: number[] = [];
    node.handle("fs.write", async ({ size }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      handled.push(size);
    });
    await python.do("script", { type: "fs.write", delay_ms: 5 });
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    const peer = await node.peerAt(python.address);
    const ours = numbers.map((size) => peer.fs.write(file(size)));
    const theirs = numbers.map((size) =>
      python.do("send", { to: "node-1", type: "fs.write", data: file(size) }),
    );
    await expect.poll(() => handled.length).toBeGreaterThan(5);
    await python.do("cut", { to: "node-1" });
    await Promise.all([...ours, ...theirs]);
    expect(inOrder(handled)).toEqual(numbers);
    expect(inOrder(sizes(await python.do("received")))).toEqual(numbers);
  });
});
