import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { type Address, formatAddress } from "../net/address.js";
import { fromSocketError } from "../net/foreign-error.js";
import { peerOfSocket } from "../net/peer-of-socket.js";
import { tlsSettings } from "../net/tls-settings.js";
import type { Credentials } from "../security/credentials.js";
import { Conversation } from "./conversation.js";

/** A peer may bound how fast handshakes are begun: it resets the connection, and is asked again later. */
const ATTEMPT_COUNT_MAX = 8;
const WAIT_MS = 150;

/**
 * Dials the peer under test, without a greeting.
 *
 * @throws RnpError `UNAVAILABLE` where nobody is there, `AUTH_FAILED` where one refuses the other's certificate
 */
export async function dialPeer(address: Address, credentials: Credentials): Promise<Conversation> {
  for (let attempt = 1; ; attempt++) {
    try {
      const socket = await secured(address, credentials);
      return new Conversation(socket, peerOfSocket(socket, credentials.identity.cluster).identity);
    } catch (thrown) {
      const isReset = (thrown as { code?: string }).code === "ECONNRESET";
      if (isReset && attempt < ATTEMPT_COUNT_MAX) await pause(WAIT_MS * attempt);
      else if ((thrown as Error).name === "RnpError") throw thrown;
      else throw fromSocketError(`dialling ${formatAddress(address)}`, thrown);
    }
  }
}

async function secured(address: Address, credentials: Credentials): Promise<TLSSocket> {
  const socket = connect({
    ...address,
    ...tlsSettings(credentials),
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, "secureConnect");
    return socket;
  } catch (thrown) {
    socket.destroy();
    throw thrown;
  }
}
