import { createNode } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";

let count = 0;

/** Starts a node whose handler counts messages; gives its address. */
export async function serveAcked(identity: CertificatePaths): Promise<string> {
  const node = await createNode({ identity, listen: "127.0.0.1:0" });
  node.handle("instance.stopped", () => {
    count += 1;
  });
  return node.address!;
}

/** How many messages the handler has seen since it was last asked. */
export function handledSince(): number {
  const handled = count;
  count = 0;
  return handled;
}
