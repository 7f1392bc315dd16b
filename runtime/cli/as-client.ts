import type { Peer } from "../index.js";
import { createNode } from "../index.js";
import { type IdentityOptions, identityOf } from "./identity-options.js";

/** Connects to the node at `address` as a client, lets `use` work with it and says goodbye. */
export async function asClient<Result>(
  address: string,
  options: IdentityOptions,
  use: (peer: Peer) => Promise<Result>,
): Promise<Result> {
  const node = await createNode({ identity: identityOf(options) });
  try {
    return await use(await node.peerAt(address));
  } finally {
    await node.close({ drainMs: DRAIN_MS });
  }
}

/** A command line must not hang on a peer that does not say goodbye. */
const DRAIN_MS = 1000;
