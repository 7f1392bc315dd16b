import { PING } from "../../generated/messages/ping.js";
import { RnpError } from "../core/error.js";
import { now } from "../net/clock.js";
import type { Link } from "../net/link.js";
import type { Directory } from "./directory.js";

/** How long the answer took, ms; or why there was none. */
export type PingResult = number | "refused" | "timeout";

/** Asks nodes for a sign of life. */
export class Pinger {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /**
   * Pings on a connection that is open; where there is none, or it breaks meanwhile, on one that is dialled at once.
   *
   * @returns `refused` only where the node's host said that nobody listens there: what does not answer, cannot be
   *   reached or does not prove itself is a `timeout`, though perhaps an early one
   */
  async ping(node: string, timeoutMs: number): Promise<PingResult> {
    const giveUpAt = now() + timeoutMs;
    const open = this.#directory.openLink(node);
    if (open !== undefined) {
      const result = await pingOn(open, timeoutMs);
      if (result !== "timeout" || open.isOpen || now() >= giveUpAt) return result;
    }
    const leftMs = Math.max(1, Math.ceil(giveUpAt - now()));
    try {
      const link = await this.#directory.dialNow(node, AbortSignal.timeout(leftMs));
      return await pingOn(link, giveUpAt - now());
    } catch (thrown) {
      return isRefusal(thrown) ? "refused" : "timeout";
    }
  }
}

/** On one connection; never `refused`. */
export async function pingOn(link: Link, timeoutMs: number): Promise<PingResult> {
  const sentAt = now();
  try {
    await link.request(PING, { timestamp: Date.now() }, { timeoutMs: Math.max(1, timeoutMs) });
    return now() - sentAt;
  } catch {
    return "timeout";
  }
}

function isRefusal(thrown: unknown): boolean {
  const cause = thrown instanceof RnpError ? thrown.cause : undefined;
  return (cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";
}
