import type { PeerIdentity } from "../core/identity.js";
import type { Case } from "./table.js";
import { Skipped } from "./verdict.js";

/** @throws Skipped where a case holds between others */
export function assertRoles({ roles = {} }: Case, me: PeerIdentity, peer: PeerIdentity): void {
  const { driver = me.role, peer: wanted = peer.role } = roles;
  if (driver !== me.role) throw new Skipped(`only with the certificate of a ${driver}`);
  if (wanted !== peer.role) throw new Skipped(`only with a ${wanted}`);
}
