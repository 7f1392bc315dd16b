import type { Role } from "../wire/message-type.js";

/**
 * Who a node is: what its certificate says in `rnp://<cluster>/<role>/<id>`, and nothing else
 * (`schema/SPEC.md`, Identity). Equal parts mean the same node.
 */
export interface PeerIdentity {
  /** The node's name, unique in its cluster: `[a-z0-9-]{1,63}`. */
  readonly id: string;
  readonly role: Role;
  readonly cluster: string;
}
