import type { GossipLeave } from "../../../generated/messages/gossip/leave.js";
import type { AnnounceData, MembershipOptions } from "./contract.js";
import type { OwnWord } from "./dissemination.js";
import { completeFacts, type MemberFacts } from "./facts.js";
import type { Life, News } from "./news.js";
import { newsOf, type RowFields } from "./rows.js";
import { OwnLife, type SelfResult, type Standing } from "./self.js";

export type OwnMemberOptions = Pick<
  MembershipOptions,
  "node" | "role" | "facts" | "epoch" | "timing"
> & {
  /** Another life has begun, or the node has left: this is the own row from now on. */
  readonly changed: (row: RowFields) => void;
};

/** The facts of a member that others can reach. */
type Announced = MemberFacts & { readonly address: string; readonly version: string };

/** What this node is, and how it puts that into words. */
export class OwnMember {
  readonly node: string;
  readonly #options: OwnMemberOptions;
  readonly #facts: Announced;
  readonly #self: OwnLife;

  constructor(options: OwnMemberOptions) {
    const { role, facts, epoch, timing } = options;
    const { address, version } = facts;
    if (address === undefined || version === undefined) {
      throw new Error("a member announces its address and its version, so it needs both");
    }
    this.node = options.node;
    this.#options = options;
    this.#facts = { ...completeFacts(role, facts), address, version };
    this.#self = new OwnLife({
      epoch,
      address,
      heartbeatIntervalMs: timing.heartbeatIntervalMs,
    });
  }

  /** The same object as long as it is the same life. */
  get life(): Life {
    return this.#self.life;
  }

  get standing(): Standing {
    return this.#self.standing;
  }

  get row(): RowFields {
    const { node, role } = this.#options;
    const { epoch, incarnation } = this.life;
    const state = this.standing === "left" ? "left" : "alive";
    return { node, role, state, epoch, incarnation, facts: this.#facts, accusers: [] };
  }

  get dueAt(): number {
    return this.#self.dueAt;
  }

  /** What is told of this node: see `OwnLife.handleNews`. */
  handleNews(now: number, news: News): SelfResult {
    return this.#noting(() => this.#self.handleNews(now, news));
  }

  settleTwin(now: number, isThere: boolean): SelfResult {
    return this.#noting(() => this.#self.settleTwin(now, isThere));
  }

  /** `true`: a life that was deferred has begun, and is to be announced. */
  handleTimeout(now: number): boolean {
    return this.#noting(() => this.#self.handleTimeout(now));
  }

  leave(): void {
    this.#self.leave();
    this.#options.changed(this.row);
  }

  /** @param nextMs when the next heartbeat follows; `undefined`: none is promised */
  announcement(nextMs: number | undefined): AnnounceData {
    const { address, version, capabilities, metadata, hash } = this.#facts;
    const { epoch, incarnation } = this.life;
    const facts = {
      ...{ address, version, capabilities: [...capabilities] },
      ...(Object.keys(metadata).length > 0 && { metadata: { ...metadata } }),
    };
    const life = { epoch, incarnation, facts_hash: hash };
    return nextMs === undefined ? { ...facts, ...life } : { ...facts, ...life, next_ms: nextMs };
  }

  /** To be told to all. */
  announceWord(nextMs: number): OwnWord {
    return { kind: "announce", data: this.announcement(nextMs), news: newsOf(this.row) };
  }

  leaveWord(leave: GossipLeave): OwnWord {
    const { epoch, incarnation } = this.life;
    return { kind: "leave", data: { ...leave, epoch, incarnation }, news: newsOf(this.row) };
  }

  #noting<Result>(happen: () => Result): Result {
    const { life } = this;
    const result = happen();
    if (this.life !== life) this.#options.changed(this.row);
    return result;
  }
}
