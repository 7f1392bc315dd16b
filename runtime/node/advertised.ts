import { networkInterfaces } from "node:os";
import { formatAddress, parseAddress } from "../net/address.js";

/**
 * What others dial: what `advertise` says, else the address listened on. The address "all interfaces" can
 * be listened on but not dialled, so the first one of this machine stands for it.
 */
export function advertisedAddress(listen: string, port: number, advertise?: string): string {
  if (advertise !== undefined) return formatAddress(parseAddress(advertise));
  const { host } = parseAddress(listen);
  const isEverywhere = host === "0.0.0.0" || host === "::";
  return formatAddress({ host: isEverywhere ? firstOwnAddress() : host, port });
}

function firstOwnAddress(): string {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = own.find(({ internal, family }) => !internal && family === "IPv4");
  return outside?.address ?? "127.0.0.1";
}
