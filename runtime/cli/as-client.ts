import type { Peer, RnpNode } from "../index.js";
import { createNode } from "../index.js";
import { type IdentityOptions, identityOf, integrityOf } from "./identity-options.js";

/** Connects to the node at `address` as a client, lets `use` work with it and says goodbye. */
export function asClient<Result>(
  address: string,
  options: IdentityOptions,
  use: (peer: Peer) => Promise<Result>,
): Promise<Result> {
  return withClient(options, async (node) => use(await node.peerAt(address)));
}

/** Lets `use` work with a node that is a client only, and says goodbye to all whom it has called. */
export async function withClient<Result>(
  options: IdentityOptions,
  use: (node: RnpNode) => Promise<Result>,
): Promise<Result> {
  const node = await createNode({ identity: identityOf(options), ...integrityOf(options) });
  try {
    return await use(node);
  } finally {
    await node.close({ drainMs: DRAIN_MS });
  }
}

/** A command line must not hang on a peer that does not say goodbye. */
const DRAIN_MS = 1000;
