import type { GossipAnnounce } from "../../generated/messages/gossip/announce.js";
import type { GossipLeave } from "../../generated/messages/gossip/leave.js";
import type { GossipSuspect } from "../../generated/messages/gossip/suspect.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import type { PeerIdentity } from "../core/identity.js";
import type { LivenessTiming } from "../core/liveness-timing.js";
import { type Member, type MemberFacts, Membership } from "../core/membership.js";
import { now } from "../net/clock.js";
import { Wakeup } from "../net/wakeup.js";
import type { Logger } from "./logger.js";
import type { MemberFeed } from "./member-feed.js";
import type { LoadReport } from "./options.js";
import type { Peer } from "./peer.js";

export interface GossipOptions {
  readonly self: PeerIdentity;
  /** What this node tells of itself; `undefined` for a client, which is no member and keeps silent. */
  readonly announcement: GossipAnnounce | undefined;
  readonly timing: LivenessTiming;
  readonly report: () => LoadReport;
  /** A member has said that it leaves. */
  readonly onLeave: (node: string, leave: GossipLeave) => void;
  readonly peer: (id: string) => Peer;
  /** A member can be dialled there. */
  readonly locate: (node: string, address: string) => void;
  readonly feed: MemberFeed;
  readonly logger: Logger;
}

/**
 * Keeps the member table: speaks for this node (announcements, heartbeats, the leave) and listens to the
 * others, with `Membership` deciding what is to be believed.
 */
export class Gossip {
  readonly #options: GossipOptions;
  readonly #membership: Membership;
  /** This node's own row, which nothing but itself decides; `undefined` for a client. */
  readonly #self: Member | undefined;
  readonly #wakeup = new Wakeup(() => this.#handleTimeout());
  readonly #timers: NodeJS.Timeout[] = [];
  #sequence = 0;
  /** From then on it only listens: nothing is sent and no timer runs. */
  #isStopped = false;

  constructor(options: GossipOptions) {
    const { self, announcement, timing } = options;
    this.#options = options;
    this.#membership = new Membership(Date.now, timing);
    if (announcement !== undefined) {
      const facts = factsOf(self.role, announcement);
      this.#self = { ...facts, node: self.id, state: "alive", since: Date.now() };
    }
  }

  /** What this node tells of itself; `undefined` for a client. */
  get announcement(): GossipAnnounce | undefined {
    return this.#options.announcement;
  }

  /** All known members, this node first where it is one. */
  get members(): Member[] {
    const { members } = this.#membership;
    return this.#self === undefined ? members : [this.#self, ...members];
  }

  /** The other members that are not dead and have not left. */
  get reachable(): Member[] {
    return this.#membership.members.filter(({ state }) => state === "alive" || state === "suspect");
  }

  start(): void {
    const { announcement, timing } = this.#options;
    if (announcement === undefined) return;
    this.#every(timing.heartbeatIntervalMs, () => this.#heartbeat());
    this.#every(timing.announceIntervalMs, () => this.announceTo(this.reachable));
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#wakeup.cancel();
  }

  announceTo(members: readonly { readonly node: string }[]): void {
    const { announcement } = this.#options;
    if (announcement === undefined) return;
    for (const { node } of members) {
      this.#tell(node, (peer) => peer.gossip.announce(announcement));
    }
  }

  /** Tells all others that this node goes; settles when they have been told or could not be. */
  async leave(leave: GossipLeave, timeoutMs: number): Promise<void> {
    if (this.#options.announcement === undefined) return;
    const told = this.reachable.map(({ node }) =>
      this.#options.peer(node).gossip.leave(leave, { timeoutMs }),
    );
    await Promise.allSettled(told);
  }

  handleAnnounce(from: PeerIdentity, data: GossipAnnounce): void {
    this.#options.locate(from.id, data.address);
    this.#update(() => this.#membership.announced(now(), from.id, factsOf(from.role, data)));
  }

  handleHeartbeat(from: PeerIdentity): void {
    if (this.#membership.heard(now(), from.id)) this.#publish();
  }

  handleLeave(from: PeerIdentity, data: GossipLeave): void {
    this.#options.logger.info({ node: from.id, reason: data.reason }, "a member left");
    this.#update(() => this.#membership.left(now(), from.id));
    this.#options.onLeave(from.id, data);
  }

  /** Others' suspicions change nothing here: this node believes what it hears, or does not hear, itself. */
  handleSuspect(from: PeerIdentity, data: GossipSuspect): void {
    const { suspect_node, last_seen } = data;
    this.#options.logger.info(
      { by: from.id, suspect_node, last_seen },
      "a member was reported dead",
    );
    if (suspect_node === this.#options.self.id) this.announceTo([{ node: from.id }]);
  }

  /** The table of another member, which makes its rows known here. */
  learn(table: SyncResponse): void {
    for (const { node, role, state, address, version, capabilities, metadata } of table.members) {
      const isGone = state === "dead" || state === "left";
      if (isGone || node === this.#options.self.id || address === undefined) continue;
      this.#options.locate(node, address);
      const facts = {
        role,
        address,
        version,
        capabilities: capabilities ?? [],
        metadata: metadata ?? {},
      };
      this.#update(() => this.#membership.learnt(now(), node, facts));
    }
  }

  /** The whole member table, as `sync.response` gives it. */
  table(): SyncResponse {
    const members = this.members.map(({ address, version, capabilities, metadata, ...member }) => ({
      ...member,
      ...(address === undefined ? {} : { address }),
      ...(version === undefined ? {} : { version }),
      capabilities: [...capabilities],
      metadata: { ...metadata },
    }));
    return { members, services: [], full: true };
  }

  #heartbeat(): void {
    this.#sequence += 1;
    const heartbeat = { sequence: this.#sequence, ...this.#options.report() };
    for (const { node } of this.reachable) {
      this.#tell(node, (peer) => peer.gossip.heartbeat(heartbeat));
    }
  }

  #handleTimeout(): void {
    const dead = this.#membership.handleTimeout(now());
    this.#publish();
    for (const { node, silentMs } of dead) {
      const { heartbeatIntervalMs } = this.#options.timing;
      const suspect = {
        suspect_node: node,
        last_seen: Math.round(Date.now() - silentMs),
        failed_pings: Math.floor(silentMs / heartbeatIntervalMs),
      };
      for (const member of this.reachable) {
        this.#tell(member.node, (peer) => peer.gossip.suspect(suspect));
      }
    }
  }

  #update(change: () => void): void {
    change();
    this.#publish();
  }

  #publish(): void {
    for (const change of this.#membership.takeChanges()) {
      const { node, state, previous } = change;
      this.#options.logger.info({ node, state, previous }, "a member changed");
      this.#options.feed.publish(change);
      // Whoever is new here may not know of us yet, either.
      const isNew = state === "alive" && previous !== "suspect";
      if (isNew && !this.#isStopped) this.announceTo([{ node }]);
    }
    const isMember = this.#options.announcement !== undefined;
    if (isMember && !this.#isStopped) this.#wakeup.at(this.#membership.wakeAt);
  }

  /** One message to one member; one that cannot be told now will be told the next time. */
  #tell(node: string, send: (peer: Peer) => Promise<void>): void {
    send(this.#options.peer(node)).catch((error) => {
      this.#options.logger.debug({ node, error }, "a member could not be told");
    });
  }

  #every(intervalMs: number, action: () => void): void {
    this.#timers.push(setInterval(action, intervalMs));
  }
}

function factsOf(role: PeerIdentity["role"], announcement: GossipAnnounce): MemberFacts {
  const { address, version, capabilities, metadata } = announcement;
  return { role, address, version, capabilities: capabilities ?? [], metadata: metadata ?? {} };
}
