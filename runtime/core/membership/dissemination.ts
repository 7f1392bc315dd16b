import type {
  AnnounceData,
  Command,
  DisseminationName,
  HeartbeatData,
  LeaveData,
  RowChange,
  Speaker,
  SuspectData,
} from "./contract.js";
import type { Life, News } from "./news.js";
import type { Rows } from "./rows.js";
import type { MembershipTiming } from "./timing.js";

/** What this node itself has to say: in a message of its own, and as news that others pass on. */
export type OwnWord = { readonly news: News } & (
  | { readonly kind: "announce"; readonly data: AnnounceData }
  | { readonly kind: "suspect"; readonly data: SuspectData }
  | { readonly kind: "leave"; readonly data: LeaveData }
);

/**
 * One way to have signs of life and news reach everybody. It decides who hears what when; what is true it
 * leaves to the table. Peers that it watches get heartbeats from this node and owe it theirs.
 */
export interface Dissemination {
  readonly kind: DisseminationName;
  /** Who is watched at present, for checks; changes are told by `watch` and `unwatch`. */
  watched(): Iterable<string>;
  /** Says what this node has found out itself, or decided about itself. */
  tell(word: OwnWord): void;
  /** Passes on news that `from` told and that was accepted. */
  relay(news: News, from: string): void;
  /** A heartbeat came, and what it told has been heard already. */
  handleHeartbeat(now: number, from: Speaker, data: HeartbeatData): void;
  /** A row became another, is new, or was forgotten. */
  handleRow(now: number, change: RowChange): void;
  /** The slot has begun: one of `SLOT_COUNT` equal parts of the heartbeat interval, in turn. */
  handleSlot(now: number, slot: number): void;
}

/** What a dissemination has to know, and where it puts what is to be done. */
export interface DisseminationOptions {
  readonly rows: Rows;
  readonly timing: Pick<MembershipTiming, "heartbeatIntervalMs">;
  /** In [0, 1). */
  readonly random: () => number;
  /** Alive and suspected members, the own node included. */
  readonly livingCount: () => number;
  /** That of the own node; the same object as long as it is the same life. */
  readonly ownLife: () => Life;
  /** Whether a peer agreed to the capability `membership`. Who never had a connection here did not yet. */
  readonly speaks: (node: string) => boolean;
  /** Where commands are put, in order. Their owner empties them. */
  readonly commands: Command[];
  /** The peer owes heartbeats from now on. Saying so again changes nothing. */
  readonly watch: (now: number, node: string) => void;
  /** It owes no more. Saying so of one who owes none changes nothing. */
  readonly unwatch: (node: string) => void;
}
