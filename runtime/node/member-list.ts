import type { Role } from "../../generated/types.js";
import type { RowChange } from "../core/membership/contract.js";
import type { MemberState } from "../core/membership/news.js";
import type { RowFields, Rows } from "../core/membership/rows.js";

/** One member of the cluster, as a node sees it. Rows are replaced, never changed. */
export interface Member {
  readonly node: string;
  readonly role: Role;
  readonly state: MemberState;
  /** Since when it has been in this state here, Unix ms. */
  readonly since: number;
  /** Where it is dialled, `host:port`; a node that does not listen has none. */
  readonly address?: string | undefined;
  readonly version?: string | undefined;
  readonly capabilities: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** When the process that is known started, Unix ms; `undefined` for a peer that tells nothing of its lives. */
  readonly epoch?: number | undefined;
  /** How often that process has refuted what was said of it. */
  readonly incarnation?: number | undefined;
  /** How long it last took to answer a ping of this node, ms; `undefined` before the first. */
  readonly rttMs?: number | undefined;
}

export interface MemberListOptions {
  readonly rows: Rows;
  /** The own row; `undefined` for a client, which is no member. */
  readonly own: () => RowFields | undefined;
  readonly unixTimeMs: () => number;
}

/** The member table for people: the rows, with what only this node measures. */
export class MemberList {
  readonly #options: MemberListOptions;
  readonly #startedAt: number;
  readonly #since = new Map<string, number>();
  readonly #rttMs = new Map<string, number>();

  constructor(options: MemberListOptions) {
    this.#options = options;
    this.#startedAt = options.unixTimeMs();
  }

  /** All known members, this node first where it is one. */
  all(): Member[] {
    const own = this.#options.own();
    const others = Array.from(this.#options.rows, (row) => this.describe(row));
    return own === undefined ? others : [this.describe(own), ...others];
  }

  /** The other members that are not dead and have not left. */
  *reachable(): Generator<RowFields> {
    for (const row of this.#options.rows) {
      if (row.state === "alive" || row.state === "suspect") yield row;
    }
  }

  describe({ node, role, state, epoch, incarnation, facts }: RowFields): Member {
    const { address, version, capabilities, metadata } = facts;
    const life = epoch === 0 ? {} : { epoch, incarnation };
    const rttMs = this.#rttMs.get(node);
    return {
      ...{ node, role, state, since: this.since(node), address, version, capabilities, metadata },
      ...life,
      ...(rttMs === undefined ? {} : { rttMs }),
    };
  }

  /** Since when a member, or this node, has been in its state, Unix ms. */
  since(node: string): number {
    return this.#since.get(node) ?? this.#startedAt;
  }

  rttMs(node: string): number | undefined {
    return this.#rttMs.get(node);
  }

  note({ node, before, after }: RowChange): void {
    if (after === undefined) {
      this.#since.delete(node);
      this.#rttMs.delete(node);
    } else if (before?.state !== after.state) {
      this.#since.set(node, this.#options.unixTimeMs());
    }
  }

  /** A member has answered a ping. Strangers, such as those that others ask about, are not kept. */
  answered(node: string, rttMs: number): void {
    if (this.#options.rows.get(node) !== undefined) this.#rttMs.set(node, rttMs);
  }
}
