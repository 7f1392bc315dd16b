import { type Connections, sampleOf } from "./connections.js";
import type { MembershipOptions } from "./contract.js";
import type { Life } from "./news.js";
import type { Surroundings } from "./surroundings.js";
import type { MemberTable } from "./table.js";

export type CompanyOptions = Pick<MembershipOptions, "random" | "timing"> & {
  readonly table: MemberTable;
  readonly connections: Connections;
};

/** The other members as the table and the connections show them. */
export class Company implements Surroundings {
  readonly #table: MemberTable;
  readonly #connections: Connections;
  readonly #random: () => number;
  readonly #promiseMs: number;

  constructor({ table, connections, random, timing }: CompanyOptions) {
    this.#table = table;
    this.#connections = connections;
    this.#random = random;
    this.#promiseMs = timing.heartbeatIntervalMs;
  }

  get livingCount(): number {
    return this.#table.livingCount;
  }

  voterCount(node: string): number {
    return this.#table.voterCount(node);
  }

  helpersFor(node: string, countMax: number): readonly string[] {
    return sampleOf(this.#helpers(node), countMax, this.#random);
  }

  lifeOf(node: string): Life | undefined {
    return this.#table.rows.get(node);
  }

  addressOf(node: string): string | undefined {
    return this.#table.rows.get(node)?.facts.address;
  }

  /** What its last connection has shown. Before the first one: whether others know of its lives. */
  speaks(node: string): boolean {
    return this.#connections.speaks(node) ?? (this.#table.rows.get(node)?.epoch ?? 0) > 0;
  }

  /** How soon a member that was never heard is taken to send its next heartbeat; `undefined`: by its silence. */
  promiseOf(node: string): number | undefined {
    return this.speaks(node) ? this.#promiseMs : undefined;
  }

  *#helpers(node: string): Generator<string> {
    for (const helper of this.#connections.speaking()) {
      if (helper !== node && this.#table.rows.get(helper)?.state === "alive") yield helper;
    }
  }
}
