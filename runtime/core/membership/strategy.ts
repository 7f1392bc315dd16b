import type {
  DisseminationName,
  HeartbeatData,
  MembershipOptions,
  RowChange,
  Speaker,
} from "./contract.js";
import type { DisseminationOptions, OwnWord } from "./dissemination.js";
import { Epidemic } from "./epidemic.js";
import { Heartbeats } from "./heartbeats.js";
import { Mesh } from "./mesh.js";
import type { News } from "./news.js";
import { Rumours } from "./rumours.js";
import type { Shared } from "./shared.js";
import { SlotClock } from "./slots.js";

/** Half of the connections that a node may have by default; the others are the application's. */
export const MESH_MEMBERS_MAX = 500;

/** Back to the mesh only below this part of the limit, lest a member that comes and goes switch all each time. */
const RETURN_RATIO = 0.8;

export type StrategyOptions = DisseminationOptions &
  Pick<MembershipOptions, "dissemination" | "meshMembersMax">;

/**
 * Has the node's signs of life and news reach the others, by the way that suits the number of members: a mesh
 * while they are few, an epidemic once they are many. Each node decides for itself. Where they differ, as
 * for a while after each switch, what each says in its heartbeats keeps silence from being misunderstood.
 *
 * `now` is in ms on a clock that never goes back. Each method may add commands; after each, `dueAt` says when
 * to call `handleTimeout`.
 */
export class Strategy {
  readonly #options: StrategyOptions;
  readonly #shared: Shared;
  #current: Mesh | Epidemic | undefined;

  constructor(options: StrategyOptions) {
    const { heartbeatIntervalMs } = options.timing;
    this.#options = options;
    this.#shared = {
      clock: new SlotClock(heartbeatIntervalMs),
      heartbeats: new Heartbeats(options),
      rumours: new Rumours(),
    };
  }

  /** `undefined` until `start` and after `stop`. */
  get kind(): DisseminationName | undefined {
    return this.#current?.kind;
  }

  /** Rumours that are being passed on: when nothing happens any more there are none. */
  get rumourCount(): number {
    return this.#shared.rumours.size;
  }

  /** When `handleTimeout` has something to do; `Infinity`: it is stopped. */
  get dueAt(): number {
    return this.#shared.clock.dueAt;
  }

  /** Who owes this node heartbeats. */
  watched(): Iterable<string> {
    return this.#current?.watched() ?? [];
  }

  start(now: number): void {
    const kind = this.#wanted("mesh");
    this.#shared.clock.start(now, this.#options.random());
    this.#current =
      kind === "mesh"
        ? new Mesh(this.#options, this.#shared, now)
        : new Epidemic(this.#options, this.#shared, now);
  }

  /** Says nothing more. Whom it watched is for the caller to forget. */
  stop(): void {
    this.#shared.clock.stop();
    this.#shared.rumours.clear();
    this.#current = undefined;
  }

  tell(word: OwnWord): void {
    this.#current?.tell(word);
  }

  relay(news: News, from: string): void {
    this.#current?.relay(news, from);
  }

  /** Tells one peer, who has to understand lives, what it is lacking. */
  tellAside(to: string, news: News): void {
    if (this.#current !== undefined) this.#shared.heartbeats.sendAside(to, [news]);
  }

  handleHeartbeat(now: number, from: Speaker, data: HeartbeatData): void {
    const isAside = data.news !== undefined && data.next_ms === undefined;
    if (!isAside) this.#current?.handleHeartbeat(now, from, data);
  }

  handleRow(now: number, change: RowChange): void {
    this.#current?.handleRow(now, change);
    if (this.#current !== undefined) this.#current = this.#switched(now, this.#current);
  }

  handleTimeout(now: number): void {
    const { clock, heartbeats } = this.#shared;
    for (let slot = clock.takeDue(now); slot !== undefined; slot = clock.takeDue(now)) {
      if (slot === 0) heartbeats.nextRound();
      this.#current?.handleSlot(now, slot);
    }
  }

  /** How many rumours were dropped since the last call, there being too many: then a sync is due. */
  takeOverflowCount(): number {
    return this.#shared.rumours.takeOverflowCount();
  }

  #switched(now: number, current: Mesh | Epidemic): Mesh | Epidemic {
    const wanted = this.#wanted(current.kind);
    if (wanted === current.kind) return current;
    if (current.kind === "mesh") {
      return new Epidemic(this.#options, this.#shared, now, current.release());
    }
    current.release();
    return new Mesh(this.#options, this.#shared, now);
  }

  #wanted(present: DisseminationName): DisseminationName {
    const {
      dissemination = "auto",
      meshMembersMax = MESH_MEMBERS_MAX,
      livingCount,
    } = this.#options;
    if (dissemination !== "auto") return dissemination;
    const otherCount = livingCount() - 1;
    if (present === "mesh") return otherCount > meshMembersMax ? "epidemic" : "mesh";
    return otherCount < meshMembersMax * RETURN_RATIO ? "mesh" : "epidemic";
  }
}
