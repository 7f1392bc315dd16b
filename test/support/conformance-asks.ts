import { setTimeout as pause } from "node:timers/promises";
import type { Ask } from "../../runtime/conformance/table.js";
import { isRnpError, type Peer, type RnpNode } from "../../runtime/index.js";

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

/** Does what a case asks of the application of `node`; what that is told. */
export async function toldOf(
  node: RnpNode,
  address: string,
  asks: Ask | undefined,
): Promise<string> {
  try {
    const peer = await node.peerAt(address);
    if (asks !== undefined) await ASKS[asks](peer, node);
    return "answer";
  } catch (thrown) {
    if (isRnpError(thrown)) return thrown.code;
    throw thrown;
  }
}
