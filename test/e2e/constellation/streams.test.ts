import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AgentOptions, startAgent } from "../../../runtime/constellation/index.js";
import { createNode, type LogEntry } from "../../../runtime/index.js";
import { temporaryFolder, testCertificate } from "../../support/certificates.js";

/** Prints as many lines as it is asked to, and answers when all are printed. */
const TALKER = `
  import { createServer } from "node:http";
  let line = 0;
  createServer((request, response) => {
    const count = Number(request.url.slice(1));
    for (let i = 0; i < count; i++) console.log(\`line \${++line} \${"x".repeat(50)}\`);
    response.end();
  }).listen(Number(process.env.PORT), "127.0.0.1");
`;

/** An agent with an instance that talks, and a client of it. */
async function setup(instances: NonNullable<AgentOptions["instances"]> = {}) {
  const dataDir = await temporaryFolder();
  await mkdir(join(dataDir, "scripts"));
  await writeFile(join(dataDir, "scripts", "talker.mjs"), TALKER);
  await writeFile(join(dataDir, "scripts", "short.sh"), "echo bye; sleep 0.1");
  const identity = await testCertificate({ id: "node-1" });
  const agent = await startAgent({ identity, listen: "127.0.0.1:0", dataDir, instances });
  onTestFinished(() => agent.close({ drainMs: 200 }));
  const controller = await testCertificate({ id: "controller-1", role: "controller" });
  const client = await createNode({ identity: controller });
  onTestFinished(() => client.close({ drainMs: 200 }));
  const peer = await client.peerAt(agent.node.address!);
  const talker = async () => {
    const create = { instance_id: "talker", name: "t", script: "talker.mjs", env: { PORT: "0" } };
    const { listening_on } = await peer.instance.create(create);
    return async (count: number) => void (await fetch(`http://${listening_on}/${count}`));
  };
  return { agent, peer, talker };
}

/** What comes until `isLast` holds. */
async function readUntil(
  entries: AsyncIterator<LogEntry>,
  isLast: (entry: LogEntry) => boolean,
): Promise<LogEntry[]> {
  const got: LogEntry[] = [];
  for (let next = await entries.next(); !next.done; next = await entries.next()) {
    got.push(next.value);
    if (isLast(next.value)) return got;
  }
  throw new Error("the stream has ended");
}

const isLine = (number: number) => (entry: LogEntry) => entry.text.startsWith(`line ${number} `);

describe("the output of an instance", () => {
  it("comes to many readers as it is printed", async () => {
    const { peer, talker } = await setup();
    const say = await talker();
    const readers = Array.from({ length: 5 }, () => peer.log.subscribe({ instance_id: "talker" }));
    const reading = readers.map((reader) => readUntil(reader, isLine(1000)));
    await say(1);
    await say(999);
    for (const got of await Promise.all(reading)) {
      const first = got[0]!.sequence;
      expect(got.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 1001 - first }, (_, index) => first + index),
      );
      expect(got.every(({ missed }) => missed === undefined)).toBe(true);
    }
    for (const reader of readers) await reader.return?.();
  });

  it("does not wait for a reader that does not read, who is told what it missed", async () => {
    const { peer, talker } = await setup();
    const say = await talker();
    await say(1);
    const slow = peer.log.subscribe({ instance_id: "talker" });
    await readUntil(slow, isLine(1));
    // The pipe holds far less than this: the talker would stand still where nobody emptied it.
    await say(100_000);
    const rest = await readUntil(slow, isLine(100_001));
    const missed = rest.map((entry) => entry.missed ?? 0).reduce((sum, count) => sum + count, 0);
    expect(missed).toBeGreaterThan(10_000);
    expect(rest.length + missed).toBe(100_000);
    await slow.return?.();
  });

  it("is not there of an instance that nobody knows", async () => {
    const { peer } = await setup();
    await expect(peer.log.subscribe({ instance_id: "nobody" }).next()).rejects.toMatchObject({
      code: "NOT_FOUND",
      details: { kind: "instance", id: "nobody" },
    });
  });

  it("ends well for a reader when it is removed, and with an error when the node goes", async () => {
    const { agent, peer, talker } = await setup({ endedFolderCountMax: 0, settleMs: 5 });
    await peer.instance.create({ instance_id: "short", name: "s", script: "short.sh" });
    const first = peer.log.subscribe({ instance_id: "short" });
    expect((await first.next()).value).toMatchObject({ text: "bye", sequence: 1 });
    const ended = first.next();
    while (agent.instances().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    // The folders of ended instances are removed when another one starts.
    const say = await talker();
    expect(await ended).toEqual({ done: true, value: undefined });

    await say(1);
    const second = peer.log.subscribe({ instance_id: "talker" });
    await readUntil(second, isLine(1));
    const broken = second.next();
    broken.catch(() => {});
    await agent.close({ drainMs: 1000 });
    await expect(broken).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });
});

describe("the load of a node", () => {
  it("comes at the interval that each reader asks for, with what each instance uses", async () => {
    const { peer, talker } = await setup();
    await talker();
    const quick = peer.metric.subscribe({ interval_ms: 100 });
    const slow = peer.metric.subscribe({ interval_ms: 300 });
    const late = (await slow.next()).value!;
    const samples = [(await quick.next()).value!, (await quick.next()).value!];
    expect(samples[1]!.timestamp).toBeGreaterThan(samples[0]!.timestamp);
    for (const { cpu, ram, instances } of [late, ...samples]) {
      expect(cpu.percent_used).toBeGreaterThanOrEqual(0);
      expect(ram.available_mb).toBeLessThan(ram.total_mb);
      expect(instances).toMatchObject([{ instance_id: "talker" }]);
      if (process.platform === "linux") expect(instances[0]!.ram_mb).toBeGreaterThan(1);
    }
    for (const reader of [quick, slow]) await reader.return?.();
  });
});
