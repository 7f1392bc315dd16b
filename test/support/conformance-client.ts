import type { MakeClient } from "../../runtime/conformance/drive-client.js";
import { createNode, type RnpNode } from "../../runtime/index.js";
import { testCertificate } from "./certificates.js";
import { toldOf } from "./conformance-asks.js";

/** A client of this implementation for each case, which the node at `goodAddress` goes on serving. */
export function clientsBeside(goodAddress: string): MakeClient {
  return (address, { asks }) => {
    const made = makeNode();
    // After a goodbye it is closed, to all others as well.
    const good = made.then((node) => (asks === "goodbye" ? undefined : node.peerAt(goodAddress)));
    const told = good.then(async () => toldOf(await made, address, asks));
    return {
      told,
      end: async () => {
        await told;
        await (await good)?.ping({ timestamp: 1 });
        await (await made).close({ drainMs: 100 });
      },
    };
  };
}

async function makeNode(): Promise<RnpNode> {
  const identity = await testCertificate({ id: "client-1" });
  return createNode({ identity, network: { peer_pool_size: 1 } });
}
