import { readFile, stat } from "node:fs/promises";
import { parseAddress } from "../net/address.js";
import type { Logger } from "./logger.js";

/** What a node knows of its life before. */
export interface Remembered {
  /** The boot epoch of its last process; 0: there was none. */
  readonly epoch: number;
  /** Where members were reached, the latest first. */
  readonly addresses: readonly string[];
}

const NOTHING_REMEMBERED: Remembered = { epoch: 0, addresses: [] };

/** Enough to find a cluster again of which most is gone. */
export const ADDRESS_COUNT_MAX = 256;

/** Reads what an earlier process has left. A file that cannot be used is as good as none, and is warned of. */
export async function readRemembered(path: string, logger: Logger): Promise<Remembered> {
  try {
    const { size } = await stat(path);
    if (size > FILE_SIZE_MAX) throw new Error(`it has ${size} bytes, at most ${FILE_SIZE_MAX}`);
    return parsed(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      logger.warn({ path, error }, "the remembered members cannot be read; they are forgotten");
    }
    return NOTHING_REMEMBERED;
  }
}

export function formatted({ epoch, addresses }: Remembered): string {
  return `${JSON.stringify({ epoch, addresses }, undefined, 2)}\n`;
}

function parsed(text: string): Remembered {
  const { epoch, addresses } = JSON.parse(text) as Record<string, unknown>;
  const isEpoch = Number.isSafeInteger(epoch) && (epoch as number) >= 0;
  if (!isEpoch || (epoch as number) > EPOCH_MAX) throw new Error(`its epoch is ${String(epoch)}`);
  if (!Array.isArray(addresses)) throw new Error("it has no list of addresses");
  return {
    epoch: epoch as number,
    addresses: addresses.slice(0, ADDRESS_COUNT_MAX).map(checkedAddress),
  };
}

function checkedAddress(address: unknown): string {
  if (typeof address !== "string") throw new Error(`an address is a ${typeof address}`);
  parseAddress(address);
  return address;
}

const FILE_SIZE_MAX = 1024 * 1024;
/** A process of a later time could not say a later epoch any more. */
const EPOCH_MAX = 253_402_300_799_998;
