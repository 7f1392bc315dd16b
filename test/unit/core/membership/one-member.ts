import type {
  Command,
  HeartbeatData,
  MemberMessage,
  MembershipOptions,
  RowChange,
  Speaker,
} from "../../../../runtime/core/membership/contract.js";
import { completeFacts } from "../../../../runtime/core/membership/facts.js";
import { Membership } from "../../../../runtime/core/membership/membership.js";
import { TIMINGS } from "../../../../runtime/core/membership/timing.js";
import { Dice } from "../../../sim/world/dice.js";
import { EPOCH, factsAt } from "./table-builders.js";

export const UNIX_MS = 1_705_000_000_000;

type Kind = Command["kind"];
type Of<K extends Kind> = Extract<Command, { kind: K }>;

export function speaker(id: string, change: Partial<Speaker> = {}): Speaker {
  return { id, role: "node", epoch: EPOCH, speaks: true, ...change };
}

/** How a member announces itself. */
export function announcement(node: string, change: { epoch?: number; incarnation?: number } = {}) {
  const { address = "", version = "", capabilities, metadata, hash } = factsAt(node);
  const facts = { address, version, capabilities: [...capabilities], metadata: { ...metadata } };
  const data = { ...facts, epoch: EPOCH, incarnation: 0, facts_hash: hash, ...change };
  return { kind: "announce", data } as const;
}

export function heartbeat(change: Partial<HeartbeatData> = {}) {
  const data = { sequence: 1, epoch: EPOCH, incarnation: 0, next_ms: 10_000, ...change };
  return { kind: "heartbeat", data } as const;
}

/** The membership of node `a`, driven by hand: what it says is kept, and what comes in is made up. */
export class OneMember {
  now = 0;
  readonly core: Membership;
  /** What happened when, in order. */
  readonly said: { readonly at: number; readonly command: Command }[] = [];
  readonly changes: (RowChange & { readonly at: number })[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(options: Partial<MembershipOptions> = {}) {
    const dice = new Dice(1);
    this.core = new Membership({
      node: "a",
      role: "node",
      facts: completeFacts("node", factsAt("a")),
      epoch: EPOCH,
      timing: TIMINGS.specification,
      random: () => dice.float(),
      unixTimeMs: () => UNIX_MS + this.now,
      since: () => UNIX_MS,
      ...options,
    });
    this.do(() => this.core.start(0));
  }

  get wakeAt(): number {
    return this.#wakeAt;
  }

  do(happen: () => void): void {
    happen();
    const { commands, changes, wakeAt } = this.core.takeOutput();
    for (const command of commands) this.said.push({ at: this.now, command });
    for (const change of changes) this.changes.push({ at: this.now, ...change });
    this.#wakeAt = wakeAt;
  }

  /** Lets time pass, with every wake-up on time. */
  passUntil(at: number): this {
    while (this.#wakeAt <= at) {
      this.now = Math.max(this.now, this.#wakeAt);
      this.do(() => this.core.handleTimeout(this.now));
    }
    this.now = at;
    return this;
  }

  hear(from: Speaker | string, message: MemberMessage): void {
    const who = typeof from === "string" ? speaker(from) : from;
    this.do(() => this.core.handleMessage(this.now, who, message));
  }

  open(peer: Speaker): void {
    this.do(() => this.core.handleOpened(this.now, peer));
  }

  /** These are connected, and announce themselves. */
  meet(...nodes: string[]): this {
    for (const node of nodes) {
      this.open(speaker(node));
      this.hear(node, announcement(node));
    }
    return this;
  }

  /** Hands over what was said so far. */
  take(): Command[] {
    return this.said.splice(0).map(({ command }) => command);
  }

  of<K extends Kind>(kind: K): (Of<K> & { readonly at: number })[] {
    return this.said.flatMap(({ at, command }) =>
      command.kind === kind ? [{ at, ...(command as Of<K>) }] : [],
    );
  }

  state(node: string): string | undefined {
    return this.core.rows.get(node)?.state;
  }
}
