import { SYNC_REQUEST } from "../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import { reconnectDelayMs } from "../core/backoff.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import type { Speaker } from "../core/membership/contract.js";
import { formatAddress, parseAddress } from "../net/address.js";
import type { Link } from "../net/link.js";
import { pause } from "../net/patience.js";
import { isTerminal } from "../net/redial.js";
import type { Resolve } from "../net/resolve.js";
import { anyOf } from "./any-of.js";
import type { Directory } from "./directory.js";
import type { Logger } from "./logger.js";
import { type Spoken, speakerOf } from "./speaker.js";

export interface JoiningOptions {
  readonly self: PeerIdentity;
  /** The boot epoch of this node, by which it recognises itself. */
  readonly epoch: number;
  readonly directory: Directory;
  readonly resolve: Resolve;
  /** Addresses of members that were known last, for when no seed answers. */
  readonly remembered: () => readonly string[];
  /** A link that was dialled to join leads to a member. This node is announced to it first of all. */
  readonly meet: (origin: Spoken) => void;
  readonly learn: (from: Speaker, table: SyncResponse) => void;
  readonly logger: Logger;
  /** Aborts when the node closes. */
  readonly signal: AbortSignal;
}

/**
 * How a node gets to know the cluster: it asks seeds for their tables, and where none answers, the members that it
 * knew before. One that answers is enough to have joined. The other seeds are dialled on all the same, with full
 * jitter and without end: a cluster may start in any order, and one of them may be where nobody else has been yet.
 */
export class Joining {
  readonly #options: JoiningOptions;
  readonly #seeds = new Set<string>();
  /** Those that are dialled until they have answered. */
  readonly #sought = new Set<string>();
  /** Why seeds were given up. */
  readonly #failures = new Map<string, RnpError>();
  #isRecalling = false;
  #hasJoined = false;

  constructor(options: JoiningOptions) {
    this.#options = options;
  }

  /** Why it will never join by what it was given; `undefined`: it has joined, or tries on. */
  get failure(): RnpError | undefined {
    const isGivenUp = this.#sought.size === 0 && !this.#isRecalling && !this.#hasJoined;
    return isGivenUp ? this.#failures.values().next().value : undefined;
  }

  /** Dials each of `seeds` in the background until it has answered. */
  join(seeds: readonly string[]): void {
    for (const seed of seeds) {
      this.#seeds.add(seed);
      this.#failures.delete(seed);
      if (!this.#sought.has(seed)) void this.#seek(seed);
    }
    if (this.#seeds.size === 0) void this.#recall();
  }

  /** Nobody else is there any more: it begins again with all that it was ever given. */
  again(): void {
    this.#hasJoined = false;
    this.join([...this.#seeds]);
  }

  async #seek(seed: string): Promise<void> {
    const { signal, logger } = this.#options;
    this.#sought.add(seed);
    for (let failureCount = 1; !signal.aborted; failureCount++) {
      try {
        const found = await this.#askAny(await this.#addressesOf(seed));
        // It may have left while it was asked, and nobody else be there.
        if (found === "self" || this.#hasJoined) break;
        await this.#pause(failureCount);
      } catch (thrown) {
        const error = toRnpError(thrown);
        if (signal.aborted) break;
        if (isTerminal(error)) {
          this.#failures.set(seed, error);
          logger.error({ address: seed, error }, "cannot join by this; correct it and start again");
          break;
        }
        this.#warn(seed, error);
        void this.#recall();
        await this.#pause(failureCount);
      }
    }
    this.#sought.delete(seed);
  }

  /** Tries those that were known before until this node has joined, by one of them or by a seed. */
  async #recall(): Promise<void> {
    if (this.#isRecalling || this.#hasJoined || this.#options.remembered().length === 0) return;
    this.#isRecalling = true;
    for (let failureCount = 1; !this.#hasJoined; failureCount++) {
      if (this.#options.signal.aborted) break;
      try {
        const addresses = shuffled(this.#options.remembered());
        await anyOf(addresses, RECALLED_AT_ONCE, (each) => this.#ask(each), isWorthWaiting);
      } catch (thrown) {
        this.#options.logger.debug({ error: thrown }, "no remembered member has answered yet");
        await this.#pause(failureCount);
      }
    }
    this.#isRecalling = false;
  }

  async #addressesOf(seed: string): Promise<string[]> {
    const { host, port } = parseAddress(seed);
    try {
      const hosts = await this.#options.resolve(host);
      const addresses = hosts.map((each) => formatAddress({ host: each, port }));
      return shuffled(addresses).slice(0, ADDRESS_COUNT_MAX);
    } catch (cause) {
      const text = `${host} cannot be resolved: correct the name, or the resolver of this machine`;
      throw new RnpError("UNAVAILABLE", text, { cause });
    }
  }

  #askAny(addresses: readonly string[]): Promise<Found> {
    return anyOf(addresses, DIALLED_AT_ONCE, (each) => this.#ask(each), isWorthWaiting);
  }

  /** Learns what the member at `address` knows, and keeps the connection. */
  async #ask(address: string): Promise<Found> {
    const { directory, signal, meet, learn } = this.#options;
    const link = await directory.introduce(address, { signal });
    if (this.#isSelf(link)) {
      void link.close("introduced", DRAIN_MS);
      return "self";
    }
    directory.adopt(link);
    if (!directory.knows(link.peer.id)) directory.locate(link.peer.id, address);
    // Before the question: of two nodes that join at once, the one that is answered later hears of the other.
    meet(link.replies);
    const { timeoutMs } = SYNC_REQUEST;
    const table = await link.request(SYNC_REQUEST, {}, { timeoutMs, signal });
    this.#hasJoined = true;
    learn(speakerOf(link), table);
    return "member";
  }

  /** Nodes of one cluster are often given the same seeds, of which each is one itself. */
  #isSelf({ peer, agreement }: Link): boolean {
    const { self, epoch } = this.#options;
    return peer.id === self.id && agreement?.peerBootEpochMs === epoch;
  }

  /** Once it has joined, it is of no concern to anybody that a seed is away. */
  #warn(address: string, error: RnpError): void {
    const { logger } = this.#options;
    if (this.#hasJoined) logger.debug({ address, error }, "a seed does not answer yet");
    else logger.warn({ address, error }, "could not join yet");
  }

  async #pause(failureCount: number): Promise<void> {
    const delayMs = reconnectDelayMs(failureCount, Math.random());
    await pause(delayMs, this.#options.signal).catch(() => {});
  }
}

/** Who is at an address. */
type Found = "member" | "self";

/** Of several failures, one that may pass says more about what is to be done. */
function isWorthWaiting(thrown: unknown): boolean {
  return !isTerminal(toRnpError(thrown));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const place = Math.floor(Math.random() * (last + 1));
    [result[last], result[place]] = [result[place]!, result[last]!];
  }
  return result;
}

/** Addresses of one name that are tried. */
const ADDRESS_COUNT_MAX = 32;
const DIALLED_AT_ONCE = 3;
const RECALLED_AT_ONCE = 8;
/** Nothing is in flight on a connection with oneself. */
const DRAIN_MS = 1000;
