import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** The addresses of a host name, without ports. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** As the system resolves names; an address is its own. */
export async function resolveHost(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
