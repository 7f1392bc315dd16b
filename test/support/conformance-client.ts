import { setTimeout as pause } from "node:timers/promises";
import type { MakeClient } from "../../runtime/conformance/drive-client.js";
import type { Ask } from "../../runtime/conformance/table.js";
import { createNode, isRnpError, type Peer, type RnpNode } from "../../runtime/index.js";
import { testCertificate } from "./certificates.js";

/** What the application does on a connection that it has opened. */
const ASKS: Readonly<Record<Ask, (peer: Peer, node: RnpNode) => Promise<unknown>>> = {
  ping: (peer) => peer.ping({ timestamp: Date.now() }),
  "sync.request": (peer) => peer.sync.request({}),
  "fs.write": (peer) => peer.fs.write(FILE, { timeoutMs: 3000 }),
  "metric.subscribe": async (peer) => {
    // As slow as the specification asks for.
    for await (const _ of peer.metric.subscribe({})) await pause(1000);
  },
  goodbye: (_, node) => node.close({ drainMs: 1000 }),
};

const FILE = {
  path: "/a",
  size: 0,
  checksum: `sha256:${"0".repeat(64)}`,
  chunks: 1,
  replication_factor: 1,
};

/**
 * A client of this implementation for each case, which goes on being served by the node at `goodAddress` and
 * calls it when all is over.
 */
export function clientsBeside(goodAddress: string): MakeClient {
  return async (address, { asks }) => {
    const identity = await testCertificate({ id: "client-1" });
    const node = await createNode({ identity, network: { peer_pool_size: 1 } });
    try {
      const good = asks === "goodbye" ? undefined : await node.peerAt(goodAddress);
      const told = await toldOf(async () => {
        const peer = await node.peerAt(address);
        if (asks !== undefined) await ASKS[asks](peer, node);
      });
      await good?.ping({ timestamp: 1 });
      return told;
    } finally {
      await node.close({ drainMs: 100 });
    }
  };
}

async function toldOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return "answer";
  } catch (thrown) {
    if (isRnpError(thrown)) return thrown.code;
    throw thrown;
  }
}
