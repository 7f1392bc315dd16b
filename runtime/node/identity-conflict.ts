import type { Command, Speaker } from "../core/membership/contract.js";
import type { Logger } from "./logger.js";

/** Two processes go by the name of this node: somebody has started it twice, or given out its certificate. */
export interface IdentityConflict {
  readonly node: string;
  /** When this process started, Unix ms. */
  readonly epoch: number;
  /** When the other one did. */
  readonly otherEpoch: number;
  /** Where the other one is reached; `undefined` where only its connection shows that it is there. */
  readonly otherAddress: string | undefined;
  /** The other one started later: this one says nothing to the cluster any more, and ought to end. */
  readonly isSuperseded: boolean;
}

export interface TwinReportsOptions {
  /** The boot epoch of this node. */
  readonly epoch: number;
  readonly onConflict: (conflict: IdentityConflict) => void;
  readonly logger: Logger;
}

/** Reports each other process under the name of this node once, and again when it turns out to be the later one. */
export class TwinReports {
  readonly #options: TwinReportsOptions;
  readonly #reported = new Map<number, boolean>();

  constructor(options: TwinReportsOptions) {
    this.#options = options;
  }

  /** Somebody with this node's name has opened a connection. Of a later process, the core finds out more. */
  met({ id, epoch: otherEpoch }: Speaker): void {
    if (otherEpoch === undefined || otherEpoch >= this.#options.epoch) return;
    this.#report(id, otherEpoch, undefined, false);
  }

  /** The core has found out where the other one is, and which of both remains. */
  settled(found: Extract<Command, { kind: "conflict" }>, isSuperseded: boolean): void {
    this.#report(found.node, found.other, found.address, isSuperseded);
  }

  #report(
    node: string,
    otherEpoch: number,
    otherAddress: string | undefined,
    isSuperseded: boolean,
  ): void {
    const { epoch, onConflict, logger } = this.#options;
    const before = this.#reported.get(otherEpoch);
    if (before === isSuperseded || before === true) return;
    this.#reported.set(otherEpoch, isSuperseded);
    const conflict = { node, epoch, otherEpoch, otherAddress, isSuperseded };
    const whose = isSuperseded
      ? "it started later, so this one is silent now"
      : "it started earlier, so it is to be silent";
    logger.error(conflict, `another process goes by the name of this node: ${whose}`);
    try {
      onConflict(conflict);
    } catch (error) {
      logger.error({ error }, "onConflict failed");
    }
  }
}
