import type { Agreement } from "../core/handshake.js";
import type { PeerIdentity } from "../core/identity.js";
import type { Speaker } from "../core/membership/contract.js";

/** One end of a connection, as far as membership is concerned. */
export interface Spoken {
  readonly peer: PeerIdentity;
  readonly agreement: Agreement | undefined;
}

/** Who speaks on a connection. */
export function speakerOf({ peer, agreement }: Spoken): Speaker {
  return {
    id: peer.id,
    role: peer.role,
    epoch: agreement?.peerBootEpochMs,
    speaks: agreement?.capabilities.has("membership") ?? false,
  };
}
