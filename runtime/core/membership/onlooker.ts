import type {
  Command,
  MemberMessage,
  MembershipOptions,
  Output,
  RowChange,
  Speaker,
  SyncRequestData,
  SyncResponseData,
} from "./contract.js";
import { factsIn, leaveIn, lifeIn } from "./message-news.js";
import { MapRows, type RowFields, type Rows } from "./rows.js";
import { TableSync } from "./sync.js";
import { MemberTable } from "./table.js";

export type OnlookerOptions = Pick<
  MembershipOptions,
  "node" | "role" | "facts" | "epoch" | "since"
>;

/**
 * The membership of a client: nobody can reach it, so it is no member. It says nothing and doubts nobody, and knows
 * what it was told.
 */
export class Onlooker {
  readonly rows: Rows = new MapRows();
  readonly #commands: Command[] = [];
  readonly #changes: RowChange[] = [];
  readonly #table: MemberTable;
  readonly #sync: TableSync;

  constructor(options: OnlookerOptions) {
    const changed = (change: RowChange) => this.#handleChange(change);
    this.#table = new MemberTable({ own: ownRow(options), rows: this.rows, changed });
    this.#sync = new TableSync({ table: this.#table, since: options.since });
  }

  handleMessage(now: number, from: Speaker, message: MemberMessage): void {
    const known = this.rows.get(from.id);
    if (message.kind === "announce" || message.kind === "heartbeat") {
      const life = lifeIn(message.data, from, known);
      const facts = message.kind === "announce" ? factsIn(from.role, message.data) : undefined;
      this.#table.hearDirectly(now, { from, life, facts });
    } else if (message.kind === "leave") {
      const news = leaveIn(message.data, from, known);
      if (news !== undefined) this.#table.hear(now, { from: from.id, news }, false);
    }
  }

  /** The table without the client itself. */
  handleSyncRequest(_now: number, from: Speaker, request: SyncRequestData): SyncResponseData {
    const { members, ...rest } = this.#sync.answer(from, request);
    const { node: self } = this.#table.own;
    return { ...rest, members: members.filter(({ node }) => node !== self) };
  }

  handleSyncResponse(now: number, from: Speaker, response: SyncResponseData): void {
    for (const told of this.#sync.newsIn(from.id, response)) this.#table.hear(now, told, false);
  }

  /** As `MembershipCore.takeOutput`; it is never to be woken. */
  takeOutput(): Output {
    return {
      commands: this.#commands.splice(0),
      changes: this.#changes.splice(0),
      wakeAt: Number.POSITIVE_INFINITY,
    };
  }

  #handleChange(change: RowChange): void {
    const { node, before, after } = change;
    const address = after?.facts.address;
    this.#changes.push(change);
    if (after === undefined) this.#commands.push({ kind: "forget", node });
    else if (address !== undefined && address !== before?.facts.address) {
      this.#commands.push({ kind: "locate", node, address });
    }
  }
}

/** It counts for nothing in the table: who is gone is neither living nor heard. */
function ownRow({ node, role, facts, epoch }: OnlookerOptions): RowFields {
  return { node, role, facts, epoch, incarnation: 0, state: "left", accusers: [] };
}
