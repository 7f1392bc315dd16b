import type { GossipAnnounce } from "../../../generated/messages/gossip/announce.js";
import type { GossipHeartbeat } from "../../../generated/messages/gossip/heartbeat.js";
import type { GossipLeave } from "../../../generated/messages/gossip/leave.js";
import type { GossipProbe } from "../../../generated/messages/gossip/probe.js";
import type { GossipProbeResult } from "../../../generated/messages/gossip/probe_result.js";
import type { GossipSuspect } from "../../../generated/messages/gossip/suspect.js";
import type { SyncRequest } from "../../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../../generated/messages/sync/response.js";
import type { Role } from "../../../generated/types.js";
import type { MemberFacts } from "./facts.js";
import type { News } from "./news.js";
import type { Row, Rows } from "./rows.js";
import type { MembershipTiming } from "./timing.js";

/** Who sent a message, as its connection proved. */
export interface Speaker {
  readonly id: string;
  readonly role: Role;
  /** The boot epoch that the connection agreed on; `undefined` where the peer gave none. */
  readonly epoch: number | undefined;
  /** Whether the peer agreed to the capability `membership`. Who did not hears nothing of lives and news. */
  readonly speaks: boolean;
}

/** Load is the shell's to measure: it adds these. */
type LoadField = "cpu_percent" | "ram_used_mb" | "instances";

/** What comes in. News of a later version may be among its own: see `knownNews`. */
export type HeardHeartbeat = Omit<GossipHeartbeat, LoadField>;

/** What goes out. */
export interface HeartbeatData extends HeardHeartbeat {
  news?: News[];
}

/** Eight news of the largest size are 4.5 KB, small enough for a control message. */
export const NEWS_COUNT_MAX = 8;

export type AnnounceData = GossipAnnounce;
export type LeaveData = GossipLeave;
export type SuspectData = GossipSuspect;
export type ProbeData = GossipProbe;
export type ProbeResultData = GossipProbeResult;

/** The three ways to ask are a hash, buckets with a digest, and nothing: see `sync.ts`. */
export type SyncRequestData = SyncRequest;
export type SyncResponseData = SyncResponse;
export type SyncMember = SyncResponse["members"][number];

/** What a member said on its own connection. */
export type MemberMessage =
  | { readonly kind: "announce"; readonly data: AnnounceData }
  | { readonly kind: "heartbeat"; readonly data: HeardHeartbeat }
  | { readonly kind: "leave"; readonly data: LeaveData }
  | { readonly kind: "suspect"; readonly data: SuspectData };

/** What the shell has to do. `token` names a question; its answer is handed back with it. */
export type Command =
  | { readonly kind: "announce"; readonly to: string; readonly data: AnnounceData }
  | { readonly kind: "heartbeat"; readonly to: string; readonly data: HeartbeatData }
  | { readonly kind: "leave"; readonly to: string; readonly data: LeaveData }
  | { readonly kind: "suspect"; readonly to: string; readonly data: SuspectData }
  /** On an open connection, else by dialling; refused counts as an answer. */
  | {
      readonly kind: "ping";
      readonly to: string;
      readonly token: number;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: "probe";
      readonly to: string;
      readonly token: number;
      readonly data: ProbeData;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: "probe-result";
      readonly to: string;
      readonly token: number;
      readonly data: ProbeResultData;
    }
  | {
      readonly kind: "sync";
      readonly to: string;
      readonly token: number;
      readonly data: SyncRequestData;
    }
  /** The node is reached there from now on. */
  | { readonly kind: "locate"; readonly node: string; readonly address: string }
  /** Nothing kept for this node is needed any more. */
  | { readonly kind: "forget"; readonly node: string }
  /** Holds a connection to a neighbour open, or lets it idle out. */
  | { readonly kind: "keep" | "release"; readonly node: string }
  /** Two processes go by one id. `mine` is the epoch known before, `other` that of the other one. */
  | {
      readonly kind: "conflict";
      readonly node: string;
      readonly mine: number;
      readonly other: number;
      readonly address: string;
    };

export interface RowChange {
  readonly node: string;
  /** `undefined`: it was not known. */
  readonly before: Row | undefined;
  /** `undefined`: it was forgotten. */
  readonly after: Row | undefined;
}

/** What came of the last call. Arrays are used again by the next call: read them at once. */
export interface Output {
  readonly commands: Command[];
  readonly changes: RowChange[];
  /** When `handleTimeout` is to be called, in the time of `now`; `Infinity`: never. */
  readonly wakeAt: number;
}

/** How news travels: `mesh` tells everybody oneself, `epidemic` tells neighbours who tell theirs. */
export type DisseminationName = "mesh" | "epidemic";

export interface MembershipOptions {
  /** The own id, and what others are told of this node. */
  readonly node: string;
  readonly role: Role;
  readonly facts: MemberFacts;
  /** Higher than that of every earlier process with this id. */
  readonly epoch: number;
  readonly timing: MembershipTiming;
  /** Default `auto`: by the number of members. */
  readonly dissemination?: DisseminationName | "auto";
  /** Living members up to which `auto` chooses the mesh. Default 500: half of 1000 connections. */
  readonly meshMembersMax?: number;
  /** Whether the node doubts itself first (Lifeguard). Default yes; no exists for comparisons. */
  readonly localHealth?: boolean;
  /** From 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly unixTimeMs: () => number;
  /** When a member, or the own node, entered its state, Unix ms: answers to `sync.request` say so. */
  readonly since: (node: string) => number;
  /** Default: `MapRows`. Living members in it are known from the beginning, and no `locate` says where they are. */
  readonly rows?: Rows;
}

/**
 * The membership of one node, without network and clock. `now` is in ms on a clock that never goes back.
 * `handle*` take what happened outside, `takeOutput` gives what to do about it; call it after each.
 */
export interface MembershipCore {
  /** The other nodes that are known, gone ones included. */
  readonly rows: Rows;
  /** Alive and suspected members, the own node included. */
  readonly livingCount: number;
  start(now: number): void;
  /** Says nothing more, and is never to be woken; the table is still there. */
  stop(now: number): void;
  handleTimeout(now: number): void;
  handleMessage(now: number, from: Speaker, message: MemberMessage): void;
  handlePong(now: number, token: number, rttMs: number): void;
  handleNoPong(now: number, token: number, why: "refused" | "timeout"): void;
  /** Answered by a command `probe-result` with the same token. */
  handleProbe(now: number, from: Speaker, token: number, probe: ProbeData): void;
  /** `undefined`: the helper gave no answer. */
  handleProbeResult(now: number, token: number, result: ProbeResultData | undefined): void;
  /** Changes nothing. */
  handleSyncRequest(now: number, from: Speaker, request: SyncRequestData): SyncResponseData;
  /** `undefined`: the peer gave no answer. */
  handleSyncResponse(
    now: number,
    from: Speaker,
    token: number,
    response: SyncResponseData | undefined,
  ): void;
  handleOpened(now: number, peer: Speaker): void;
  /** `isLast`: no other connection to the node is open. `goodbye`: it ended as agreed. */
  handleLost(now: number, node: string, how: { isLast: boolean; goodbye: boolean }): void;
  leave(now: number, leave: GossipLeave): void;
  takeOutput(): Output;
}
