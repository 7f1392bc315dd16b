/** How long a peer may take to do what a case expects; it gives up a silent handshake after two seconds. */
export const PATIENCE_MS = 5000;
