import { setTimeout as pause } from "node:timers/promises";
import type { Ask } from "../../runtime/conformance/table.js";
import { createNode } from "../../runtime/index.js";
import { toldOf } from "./conformance-asks.js";

/*
 * The client that `rnp conformance --client` starts: `HOST:PORT ASKS`, with the certificate that the environment names.
 */

const [address, asks] = process.argv.slice(2);
const { CLIENT_CERT: cert, CLIENT_KEY: key, CLIENT_CA: ca } = process.env;
const node = await createNode({
  identity: { cert: cert!, key: key!, ca: ca! },
  network: { peer_pool_size: 1 },
});
const told = await toldOf(node, address!, asks === "nothing" ? undefined : (asks as Ask));
process.stdout.write(`${told}\n`);
while (node.connections().length > 0) await pause(10);
await node.close({ drainMs: 0 });
