import { compareLife, type Life, type News, relationOf } from "./news.js";

/** `superseded`: a later process has this node's id, so this one must be silent. */
export type Standing = "member" | "left" | "superseded";

/**
 * What news of the own node led to.
 *
 * - `nothing`: it is old, true, or of no concern any more.
 * - `refuted`: it doubted this life, and is now about an earlier one. The new life is to be announced.
 * - `renewed`: it knew of a later life than this one; now this is the latest. It is to be announced.
 * - `deferred`: the same, once the time has come: `handleTimeout` says when.
 * - `twin`: it is of a process elsewhere under this id. Dial its address, then call `settleTwin`.
 */
export type SelfResult = "nothing" | "refuted" | "renewed" | "deferred" | "twin";

/** The bounds of `incarnation` and `epoch` on the wire. Beyond the second there is no later life. */
const INCARNATION_MAX = Number.MAX_SAFE_INTEGER;
const EPOCH_MAX = 253_402_300_799_999;

/** Between two questions to the same kind of twin. News of one may come with every heartbeat. */
const TWIN_INTERVAL_MS = 60_000;

export interface OwnLifeOptions {
  /** Higher than that of every earlier process of this node that is remembered. */
  readonly epoch: number;
  /** Where this node listens, as others are told; it tells a twin from an earlier life. */
  readonly address: string | undefined;
  readonly heartbeatIntervalMs: number;
}

/**
 * The life of the own node, which nobody but the node itself moves on. It answers whatever doubts it by
 * beginning a later life, whose news overrules the doubt wherever both meet (SWIM §4.2). That happens at
 * most once in half a heartbeat interval, so that who repeats a lie quickly does not make this node flood
 * the cluster; what comes in between is answered all at once.
 */
export class OwnLife {
  readonly #address: string | undefined;
  readonly #pauseMs: number;
  #life: Life;
  #standing: Standing = "member";
  #raisedAt = Number.NEGATIVE_INFINITY;
  /** The life to begin as soon as it may. */
  #wanted: Life | undefined;
  /** The latest life under this id elsewhere, while it is not settled who is there. */
  #twin: News | undefined;
  #twinAskedAt = Number.NEGATIVE_INFINITY;

  constructor({ epoch, address, heartbeatIntervalMs }: OwnLifeOptions) {
    this.#life = { epoch, incarnation: 0 };
    this.#address = address;
    this.#pauseMs = heartbeatIntervalMs / 2;
  }

  get life(): Life {
    return this.#life;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Takes what another told of this node. */
  handleNews(now: number, news: News): SelfResult {
    if (this.#standing !== "member") return "nothing";
    const relation = relationOf(news, this.#life);
    if (relation === "older-epoch") return "nothing";
    if (this.#isElsewhere(news)) return this.#suspectTwin(now, news);
    if (relation === "newer-epoch") return this.#surpass(now, afterEpoch(news), "renewed");
    if (relation === "older") return "nothing";
    if (news.state !== "alive") return this.#surpass(now, afterLife(news), "refuted");
    return relation === "newer" ? this.#surpass(now, afterLife(news), "renewed") : "nothing";
  }

  /**
   * Says whether somebody at the address of the twin proved to have this node's id. If so, the process with
   * the later epoch remains, or with equal ones the one whose address is the greater text. If not, it was an
   * earlier process of this node under a clock that ran ahead.
   */
  settleTwin(now: number, isThere: boolean): SelfResult {
    const twin = this.#twin;
    this.#twin = undefined;
    if (twin === undefined || this.#standing !== "member") return "nothing";
    if (!isThere) return this.#surpass(now, afterEpoch(twin), "renewed");
    const isLater = twin.epoch > this.#life.epoch;
    const isGreater = (twin.address ?? "") > (this.#address ?? "");
    if (isLater || (twin.epoch === this.#life.epoch && isGreater)) this.#end("superseded");
    return "nothing";
  }

  /** Begins the life that was deferred. `true`: it is to be announced. */
  handleTimeout(now: number): boolean {
    if (this.#wanted === undefined || now < this.dueAt) return false;
    this.#raise(now, this.#wanted);
    return true;
  }

  /** When `handleTimeout` has something to do; `Infinity`: nothing is deferred. */
  get dueAt(): number {
    return this.#wanted === undefined ? Number.POSITIVE_INFINITY : this.#raisedAt + this.#pauseMs;
  }

  /** The node says goodbye in its present life, and answers to nothing that is said of it afterwards. */
  leave(): void {
    if (this.#standing === "member") this.#end("left");
  }

  #end(standing: Standing): void {
    this.#standing = standing;
    this.#wanted = undefined;
    this.#twin = undefined;
  }

  /** Whether the news is of a process at another address which says of itself that it lives. */
  #isElsewhere({ state, address }: News): boolean {
    return state === "alive" && address !== undefined && address !== this.#address;
  }

  #suspectTwin(now: number, news: News): SelfResult {
    if (this.#twin !== undefined) {
      if (compareLife(news, this.#twin) > 0) this.#twin = news;
      return "nothing";
    }
    if (now < this.#twinAskedAt + TWIN_INTERVAL_MS) return "nothing";
    this.#twin = news;
    this.#twinAskedAt = now;
    return "twin";
  }

  #surpass(now: number, life: Life | undefined, result: SelfResult): SelfResult {
    if (life === undefined) return "nothing";
    const wanted = this.#wanted ?? this.#life;
    if (compareLife(life, wanted) > 0) this.#wanted = life;
    if (this.#wanted === undefined) return "nothing";
    if (now < this.dueAt) return "deferred";
    this.#raise(now, this.#wanted);
    return result;
  }

  #raise(now: number, life: Life): void {
    this.#life = life;
    this.#wanted = undefined;
    this.#raisedAt = now;
  }
}

/** The next life of the same process, or of one a millisecond later where it has counted to the end. */
function afterLife({ epoch, incarnation }: Life): Life | undefined {
  if (incarnation < INCARNATION_MAX) return { epoch, incarnation: incarnation + 1 };
  return afterEpoch({ epoch, incarnation });
}

function afterEpoch({ epoch }: Life): Life | undefined {
  return epoch < EPOCH_MAX ? { epoch: epoch + 1, incarnation: 0 } : undefined;
}
