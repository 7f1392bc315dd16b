import type { GossipProbe } from "../../generated/messages/gossip/probe.js";
import type { GossipProbeResult } from "../../generated/messages/gossip/probe_result.js";
import type { SyncRequest } from "../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import type { PeerIdentity } from "../core/identity.js";
import type {
  Command,
  DisseminationName,
  LeaveData,
  MemberMessage,
  RowChange,
  Speaker,
  SyncMember,
} from "../core/membership/contract.js";
import type { MemberFacts } from "../core/membership/facts.js";
import { Membership } from "../core/membership/membership.js";
import { Onlooker } from "../core/membership/onlooker.js";
import type { MembershipTiming } from "../core/membership/timing.js";
import { now } from "../net/clock.js";
import type { Link } from "../net/link.js";
import { within } from "../net/patience.js";
import { Wakeup } from "../net/wakeup.js";
import type { Directory } from "./directory.js";
import { Errands } from "./errands.js";
import { type IdentityConflict, TwinReports } from "./identity-conflict.js";
import type { Logger } from "./logger.js";
import { MemberFeed } from "./member-feed.js";
import { MemberLinks } from "./member-links.js";
import { MemberList } from "./member-list.js";
import { MemberQuestions } from "./member-questions.js";
import { isWord, Messenger, type Word } from "./messenger.js";
import type { LoadReport } from "./options.js";
import { Pinger } from "./pinger.js";
import type { ServiceTable } from "./service-table.js";
import { type Spoken, speakerOf } from "./speaker.js";

export interface GossipOptions {
  readonly self: PeerIdentity;
  /** The boot epoch that this node greets others with. */
  readonly epoch: number;
  readonly facts: MemberFacts;
  /** Whether others can reach this node. A client is no member: it listens and keeps silent. */
  readonly isMember: boolean;
  readonly timing: MembershipTiming;
  readonly dissemination: DisseminationName | "auto";
  /** See `MembershipOptions`. */
  readonly meshMembersMax: number;
  /** Asked before heartbeats are sent. */
  readonly report: () => LoadReport;
  readonly services: ServiceTable;
  /** A member has said that it leaves, or is about to. */
  readonly onLeave: (node: string, leave: LeaveData) => void;
  readonly onConflict: (conflict: IdentityConflict) => void;
  readonly directory: Directory;
  readonly logger: Logger;
}

/**
 * The membership of this node among real sockets: what happens on connections goes to the core, and what the
 * core wants said or asked is. The core decides, this carries.
 */
export class Gossip {
  readonly list: MemberList;
  readonly feed: MemberFeed;
  /** Told of each change of the member table. */
  onChange: (change: RowChange) => void = () => {};
  readonly #options: GossipOptions;
  /** `undefined` for a client, which is no member. */
  readonly #member: Membership | undefined;
  readonly #core: Membership | Onlooker;
  readonly #messenger: Messenger;
  readonly #questions: MemberQuestions;
  readonly #errands = new Errands();
  readonly #links = new MemberLinks();
  readonly #twins: TwinReports;
  readonly #wakeup = new Wakeup(() => this.#do(() => this.#member?.handleTimeout(now())));
  #isStopped = false;

  constructor(options: GossipOptions) {
    const { self, isMember, directory, report } = options;
    const { id: node, role } = self;
    const since = (each: string) => this.list.since(each);
    const settings = { ...options, node, role, random: Math.random, unixTimeMs: Date.now, since };
    this.#options = options;
    this.#member = isMember ? new Membership(settings) : undefined;
    this.#core = this.#member ?? new Onlooker(settings);
    this.list = new MemberList({
      rows: this.#core.rows,
      own: () => this.#member?.own,
      unixTimeMs: Date.now,
    });
    this.feed = new MemberFeed((row) => this.list.describe(row));
    this.#messenger = new Messenger(directory, report);
    this.#questions = new MemberQuestions({
      ...options,
      core: this.#core,
      member: this.#member,
      take: (happen) => this.#do(happen),
      messenger: this.#messenger,
      pinger: new Pinger(directory),
      list: this.list,
    });
    this.#twins = new TwinReports(options);
  }

  start(): void {
    this.#do(() => this.#member?.start(now()));
  }

  /** From now on nothing is said, nothing changes, and no timer runs. */
  stop(): void {
    this.#isStopped = true;
    this.#wakeup.cancel();
    this.#do(() => this.#member?.stop(now()));
  }

  /** Tells others that this node goes, and stops; settles when they have been told or could not be. */
  async leave(leave: LeaveData, timeoutMs: number): Promise<void> {
    const told: Promise<void>[] = [];
    this.#do(() => this.#member?.leave(now(), leave), told);
    this.stop();
    const all = Promise.allSettled(told);
    await within(all, "telling others of the leave", { timeoutMs }).catch(() => {});
  }

  /** The handshake of a link is done. Who does not speak of membership may be a client: that shows later. */
  handleOpened(link: Link): void {
    const { id, speaks, epoch = 0 } = speakerOf(link);
    const known = this.#core.rows.get(id);
    // A later process than the one that is known announces itself next, and where it is reached.
    if (!speaks || (known !== undefined && epoch > known.epoch)) return;
    const isFirst = !this.#links.has(id);
    this.meet(link.replies);
    if (!isFirst || this.#isStopped) return;
    void this.#questions.measure(link, this.#options.timing.noAnswerAfterMs);
  }

  /** Whoever is at the other end of the link is a member, as it has said something that only members say. */
  meet(origin: Spoken): void {
    if (!this.#links.add(origin)) return;
    const speaker = speakerOf(origin);
    if (speaker.id === this.#options.self.id) this.#twins.met(speaker);
    else this.#do(() => this.#member?.handleOpened(now(), speaker));
  }

  handleClosed({ replies, peer }: Link, goodbye: boolean): void {
    const isLast = this.#links.remove(replies);
    if (isLast === undefined || peer.id === this.#options.self.id) return;
    this.#do(() => this.#member?.handleLost(now(), peer.id, { isLast, goodbye }));
  }

  handleMessage(origin: Spoken, message: MemberMessage): void {
    this.meet(origin);
    this.#do(() => this.#core.handleMessage(now(), speakerOf(origin), message));
  }

  handleLeave(origin: Spoken, data: LeaveData): void {
    const { id } = origin.peer;
    this.#options.logger.info({ node: id, reason: data.reason }, "a member leaves");
    // One that names instances waits until they are taken over, and says it again when it goes.
    const isGoing = data.instances === undefined || data.instances.length === 0;
    if (isGoing) this.handleMessage(origin, { kind: "leave", data });
    this.#options.onLeave(id, data);
  }

  /** Reaches another member for a peer. Does not settle where the core gives no answer, until `signal` says so. */
  handleProbe(origin: Spoken, probe: GossipProbe, signal: AbortSignal): Promise<GossipProbeResult> {
    const { token, answer } = this.#errands.begin(signal);
    this.#do(() => this.#member?.handleProbe(now(), speakerOf(origin), token, probe));
    return answer;
  }

  handleSyncRequest(origin: Spoken, request: SyncRequest): SyncResponse {
    const speaker = speakerOf(origin);
    // A client agrees to nothing, but what it asks shows what it understands.
    const speaks = speaker.speaks || ADDED_FIELDS.some((field) => request[field] !== undefined);
    const { members, ...rest } = this.#core.handleSyncRequest(
      now(),
      { ...speaker, speaks },
      request,
    );
    return {
      ...rest,
      members: speaks ? members.map((member) => this.#measured(member)) : members,
      ...this.#options.services.answer(request, speaks),
    };
  }

  /** Takes the table of a peer that was asked for it otherwise than by the core. */
  learn(from: Speaker, table: SyncResponse): void {
    this.#questions.learn(from, table);
  }

  #measured(member: SyncMember): SyncMember {
    const rttMs = this.list.rttMs(member.node);
    return rttMs === undefined ? member : { ...member, rtt_ms: Math.min(rttMs, RTT_MAX_MS) };
  }

  /** Has the core take something, and does what it then wants done. `told` collects what is said. */
  #do(happen: () => void, told: Promise<void>[] = []): void {
    happen();
    const { commands, changes, wakeAt } = this.#core.takeOutput();
    if (!this.#isStopped) this.#wakeup.at(wakeAt);
    // What is done below may end in another call, which uses the arrays again.
    const [todo, changed] = [[...commands], [...changes]];
    for (const change of changed) this.#note(change);
    for (const command of todo) {
      if (isWord(command)) told.push(this.#tell(command));
      else this.#perform(command);
    }
  }

  #note(change: RowChange): void {
    const { node, before, after } = change;
    this.list.note(change);
    this.feed.publish(change);
    if (before?.state !== after?.state) {
      const fields = { node, state: after?.state, previous: before?.state };
      this.#options.logger.info(fields, after ? "a member changed" : "a member was forgotten");
    }
    if (after === undefined || after.state === "dead" || after.state === "left") {
      this.#options.services.forget(node);
    }
    this.onChange(change);
  }

  #perform(command: Exclude<Command, Word>): void {
    const { directory } = this.#options;
    switch (command.kind) {
      case "probe-result":
        return this.#errands.answer(command.token, command.data);
      case "locate":
        return directory.locate(command.node, command.address);
      case "forget":
        return directory.forget(command.node);
      case "keep":
        return directory.hold(command.node, true);
      case "release":
        return directory.hold(command.node, false);
      case "conflict":
        return this.#twins.settled(command, this.#member?.standing === "superseded");
      default:
        return this.#questions.ask(command);
    }
  }

  /** One that cannot be told now will be told the next time. */
  async #tell(word: Word): Promise<void> {
    const { timing, logger } = this.#options;
    try {
      await this.#messenger.tell(word, timing.heartbeatIntervalMs);
    } catch (error) {
      logger.debug({ node: word.to, error }, "a member could not be told");
    }
  }
}

/** What nobody asks with who knows only the specification. */
const ADDED_FIELDS = ["hash", "buckets", "services_hash"] as const;
/** The bound of `rtt_ms` on the wire. */
const RTT_MAX_MS = 3_600_000;
