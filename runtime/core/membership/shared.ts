import type { Heartbeats } from "./heartbeats.js";
import type { Rumours } from "./rumours.js";
import type { SlotClock, Slots } from "./slots.js";

/** What the strategies have in common, so that it outlasts a switch from one to the other. */
export interface Shared {
  readonly clock: SlotClock;
  readonly heartbeats: Heartbeats;
  readonly rumours: Rumours;
}

/** The peers of a mesh that becomes an epidemic. */
export interface FormerPeers {
  /** Who expects heartbeats from this node, by the slot in which they came. */
  readonly expecting: Slots;
  /** Those of them that count this node among their neighbours already. */
  readonly neighbours: readonly string[];
}
