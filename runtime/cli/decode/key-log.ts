/** The secrets of one TLS 1.3 connection, as `SSLKEYLOGFILE` has them. */
export type Secrets = ReadonlyMap<string, Buffer>;

/** Reads a key log: for each connection, by its client random in hexadecimal digits, its secrets by label. */
export function readKeyLog(text: string): ReadonlyMap<string, Secrets> {
  const connections = new Map<string, Map<string, Buffer>>();
  for (const [, label = "", random = "", secret = ""] of text.matchAll(LINE)) {
    const secrets = connections.get(random.toLowerCase()) ?? new Map<string, Buffer>();
    secrets.set(label, Buffer.from(secret, "hex"));
    connections.set(random.toLowerCase(), secrets);
  }
  return connections;
}

const LINE = /^([A-Z0-9_]+) ([0-9a-f]{64}) ([0-9a-f]+)\s*$/gim;
