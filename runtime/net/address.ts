import { RnpError } from "../core/error.js";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` or `[v6]:port`. Port 0, for listening, lets the system choose one. */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new RnpError("PROTOCOL_ERROR", `"${text}" is no address; expected HOST:PORT`, {
      details: { expected: "HOST:PORT", got: text.slice(0, 256) },
    });
  }
  return { host: (match[1] ?? match[2])!, port };
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
