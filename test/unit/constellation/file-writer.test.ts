import { writeFile as writeLocal } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileStore } from "../../../runtime/constellation/file-store.js";
import { type Replica, writeFile } from "../../../runtime/constellation/file-writer.js";
import { type Member, RnpError } from "../../../runtime/index.js";
import { recordingLogger, temporaryFolder, until } from "./support.js";

function member(node: string, facts: Partial<Member> = {}): Member {
  const capabilities = ["filesystem"];
  return { node, role: "node", state: "alive", capabilities, metadata: {}, since: 0, ...facts };
}

/** A cluster of stores in this process; `faults` says who fails, and how. */
async function cluster(names: string[], faults: Record<string, () => void> = {}) {
  const stores = new Map<string, FileStore>();
  const { logger } = recordingLogger();
  for (const name of names) {
    const root = await temporaryFolder();
    stores.set(name, await FileStore.open({ root, logger, now: () => 0 }));
  }
  const replica = (name: string): Replica => ({
    write: async (manifest) => stores.get(name)!.write(manifest),
    replicate: async (chunk) => {
      faults[name]?.();
      return stores.get(name)!.replicate(chunk);
    },
  });
  const members = names.map((name) => member(name));
  const network = {
    id: "writer",
    memberList: () => members,
    peer: (name: string) => ({ fs: replica(name) }),
  };
  const holders = () => names.filter((name) => stores.get(name)!.files().length > 0);
  return { network, stores, members, holders };
}

const bytes = Buffer.from("the quick brown fox");

describe("writing a file", () => {
  it("puts it on as many nodes as asked for, and names them", async () => {
    const { network, holders } = await cluster(["a", "b", "c", "d"]);
    const written = await writeFile(network, "/x", bytes, { replicationFactor: 3, chunkSize: 4 });
    expect([...written.replicas].sort()).toEqual(holders());
    expect(holders()).toHaveLength(3);
    expect(written).toMatchObject({
      size: 19,
      file_id: expect.stringMatching(/^file-[0-9a-f]{32}$/),
    });
  });

  it("asks the same nodes for the same file", async () => {
    const { network, holders } = await cluster(["a", "b", "c", "d"]);
    await writeFile(network, "/x", bytes, { replicationFactor: 2 });
    await writeFile(network, "/x", bytes, { replicationFactor: 2 });
    expect(holders()).toHaveLength(2);
  });

  it("reads a local file piece by piece", async () => {
    const { network, stores } = await cluster(["a"]);
    const localPath = join(await temporaryFolder(), "source");
    const content = Buffer.alloc(2_500_000, "0123456789");
    await writeLocal(localPath, content);
    const written = await writeFile(network, "/x", { localPath }, { replicationFactor: 1 });
    const [file] = stores.get("a")!.files();
    expect(file!.manifest).toMatchObject({
      size: 2_500_000,
      chunks: 3,
      checksum: written.checksum,
    });
  });

  it("keeps one replica here where this node is a storage node", async () => {
    const { network, stores, holders } = await cluster(["writer", "b", "c"]);
    const localStore = stores.get("writer")!;
    await writeFile(network, "/x", bytes, { replicationFactor: 2, localStore });
    expect(holders()).toContain("writer");
    expect(holders()).toHaveLength(2);
  });

  it("uses only storage nodes that are alive", async () => {
    const { network, members } = await cluster(["a", "b", "c"]);
    members[0] = member("a", { state: "suspect" });
    members[1] = member("b", { capabilities: ["instance"] });
    await expect(writeFile(network, "/x", bytes, { replicationFactor: 2 })).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      message: expect.stringContaining("2 storage nodes requested, 1 available"),
      details: { nodes: 1 },
    });
    const { replicas } = await writeFile(network, "/x", bytes, { replicationFactor: 1 });
    expect(replicas).toEqual(["c"]);
  });

  it("lets another node take the place of one that fails", async () => {
    const fail = () => {
      throw new RnpError("UNAVAILABLE", "gone");
    };
    const { network, holders } = await cluster(["a", "b", "c"], { a: fail });
    const written = await writeFile(network, "/x", bytes, { replicationFactor: 2 });
    expect([...written.replicas].sort()).toEqual(["b", "c"]);
    expect(holders()).toEqual(["b", "c"]);
  });

  it("says who confirmed and who did not when nobody is left to ask", async () => {
    const fail = () => {
      throw new RnpError("UNAVAILABLE", "gone");
    };
    const { network } = await cluster(["a", "b"], { b: fail });
    await expect(writeFile(network, "/x", bytes, { replicationFactor: 2 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
      message: expect.stringMatching(/1 of 2 replicas confirmed; b: .*gone/),
    });
  });

  it("has only so many chunks under way to one node", async () => {
    let underway = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const replica: Replica = {
      write: async () => {},
      replicate: async () => {
        most = Math.max(most, ++underway);
        await new Promise<void>((resolve) => ends.push(resolve));
        underway--;
      },
    };
    const network = { id: "w", memberList: () => [member("a")], peer: () => ({ fs: replica }) };
    const options = { replicationFactor: 1, chunkSize: 1, chunkCountMax: 3 };
    const written = writeFile(network, "/x", bytes, options);
    for (let ended = 0; ended < bytes.length; ended++) {
      await until(() => ends.length > 0);
      ends.shift()!();
    }
    await written;
    expect(most).toBe(3);
  });

  it("stops when its caller gives up", async () => {
    const caller = new AbortController();
    const { network, holders } = await cluster(["a", "b"], {
      a: () => caller.abort(),
      b: () => caller.abort(),
    });
    const options = { replicationFactor: 1, chunkSize: 1, signal: caller.signal };
    const given = writeFile(network, "/x", bytes, options);
    await expect(given).rejects.toMatchObject({ code: "CANCELLED", outcome: "unknown" });
    expect(holders()).toEqual([]);
  });

  it.each([
    { replicationFactor: 0 },
    { replicationFactor: 65 },
    { chunkSize: 0 },
    { chunkSize: 2e6 },
  ])("is not possible with %j", async (options) => {
    const { network } = await cluster(["a"]);
    await expect(writeFile(network, "/x", bytes, options)).rejects.toThrow(RangeError);
  });
});
