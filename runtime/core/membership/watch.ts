import { PROTOCOL } from "../../../generated/protocol.js";
import { type Due, DueQueue } from "./due-queue.js";
import { compareLife, type Life, type News } from "./news.js";
import type { MembershipTiming } from "./timing.js";

/** What a peer promises that says nothing of it: the interval of the specification. */
const PROMISE_MS = PROTOCOL.liveness.heartbeat_interval_ms;

/**
 * How long a sign of life outweighs the word of others, in promised intervals. With one, a heartbeat that is
 * late by a millisecond would not count, nor would the answer of a peer that is asked just before it is due.
 */
const LATELY_INTERVALS = 1.5;

/** A watched peer. `dueAt` is the earlier of `lateAt` and the end of the time for which news is held back. */
interface Watched extends Due {
  readonly node: string;
  life: Life;
  heardAt: number;
  promiseMs: number;
  /** When its silence means something; `Infinity` once that was said, until it is heard again. */
  lateAt: number;
  held: News | undefined;
}

export type WatchEvent =
  /** The peer has been silent for longer than it may be. */
  | { readonly kind: "late"; readonly node: string }
  /** News was held back in vain: there was no newer sign of life, so it holds. */
  | { readonly kind: "unheld"; readonly news: News };

/**
 * The peers that owe this node heartbeats: when each was heard last, when the next is promised, and whose
 * silence has become too long. All times are attended ones, see `attention.ts`.
 *
 * A peer says in each heartbeat how soon the next one follows. Who promises them further apart than this
 * node sends its own is given that much more patience throughout (`patience`), and nobody less than 1: so
 * peers with other timelines, and those that know only the specification, are not suspected for being slow.
 */
export class Watch {
  readonly #timing: MembershipTiming;
  readonly #peers = new Map<string, Watched>();
  readonly #queue = new DueQueue<Watched>();

  constructor(timing: MembershipTiming) {
    this.#timing = timing;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** When `takeDue` has something; `Infinity` if nothing will be due. */
  get nextAt(): number {
    return this.#queue.nextAt;
  }

  has(node: string): boolean {
    return this.#peers.has(node);
  }

  lifeOf(node: string): Life | undefined {
    return this.#peers.get(node)?.life;
  }

  /**
   * From now on `node` owes heartbeats, the first as if one had come just now. Watching it already changes
   * nothing.
   *
   * @param promiseMs how soon the next heartbeat follows, as far as is known; default: 10 s
   */
  watch(at: number, node: string, life: Life, promiseMs: number = PROMISE_MS): void {
    if (this.#peers.has(node)) return;
    const peer: Watched = {
      dueAt: at,
      queuedAt: at,
      queueIndex: -1,
      node,
      life,
      heardAt: at,
      promiseMs,
      lateAt: 0,
      held: undefined,
    };
    this.#peers.set(node, peer);
    this.#expect(peer, at);
    this.#queue.add(peer);
  }

  /** It owes no more. Returns the news that was held back and is for somebody else to deal with now. */
  unwatch(node: string): News | undefined {
    const peer = this.#peers.get(node);
    if (peer === undefined) return undefined;
    this.#queue.remove(peer);
    this.#peers.delete(node);
    return peer.held;
  }

  /**
   * A sign of life from the peer itself. One of an earlier life is of no use.
   *
   * @param nextMs what a heartbeat or an announcement promises; 0: no more, so its silence means nothing
   */
  heard(at: number, node: string, life: Life, nextMs?: number): void {
    const peer = this.#peers.get(node);
    if (peer === undefined || compareLife(life, peer.life) < 0) return;
    peer.life = life;
    peer.heardAt = at;
    peer.promiseMs = nextMs ?? peer.promiseMs;
    if (peer.held !== undefined && compareLife(peer.held, life) <= 0) peer.held = undefined;
    this.#expect(peer, at);
    this.#queue.hurry(peer);
  }

  /**
   * One more heartbeat like the last, at little cost, since nearly all are. `false`: it is not, so that nothing was
   * done and `heard` is to be called.
   */
  heardAgain(at: number, node: string, life: Life, nextMs: number | undefined): boolean {
    const peer = this.#peers.get(node);
    if (peer === undefined || peer.held !== undefined || compareLife(life, peer.life) !== 0) {
      return false;
    }
    if (nextMs !== undefined && nextMs !== peer.promiseMs) return false;
    peer.heardAt = at;
    this.#expect(peer, at);
    return true;
  }

  /** Others have reached the peer, or have told of a newer life: its silence begins anew. */
  vouched(at: number, node: string, life: Life): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    if (compareLife(life, peer.life) > 0) peer.life = life;
    this.#expect(peer, at);
    this.#queue.hurry(peer);
  }

  /** Whether this node itself has heard that life so lately that no other's word outweighs it. */
  isHeardLately(at: number, node: string, life: Life): boolean {
    const peer = this.#peers.get(node);
    if (peer === undefined || compareLife(life, peer.life) !== 0) return false;
    return at < peer.heardAt + this.#windowMs(peer);
  }

  /**
   * Keeps news of a death or suspicion back until the peer has had the time to be heard again. Held, never
   * dropped: who was killed a moment ago was heard lately too, and news does not come twice. News of the
   * latest life is kept.
   */
  hold(news: News): void {
    const peer = this.#peers.get(news.node);
    if (peer === undefined) return;
    if (peer.held !== undefined && compareLife(news, peer.held) < 0) return;
    peer.held = news;
    this.#settle(peer);
    this.#queue.hurry(peer);
  }

  takeDue(at: number): WatchEvent | undefined {
    const peer = this.#queue.first;
    if (peer === undefined || peer.dueAt > at) return undefined;
    const news = peer.held;
    if (news !== undefined && this.#heldUntil(peer) <= at) {
      peer.held = undefined;
      this.#settle(peer);
      return { kind: "unheld", news };
    }
    peer.lateAt = Number.POSITIVE_INFINITY;
    this.#settle(peer);
    return { kind: "late", node: peer.node };
  }

  /** How many times as long as by the own timeline this peer may be silent; at least 1, as for strangers. */
  patienceWith(node: string): number {
    const peer = this.#peers.get(node);
    return peer === undefined ? 1 : this.#patience(peer.promiseMs);
  }

  /** How long ago the peer was heard, ms; `undefined` if it is not watched. */
  silentMs(at: number, node: string): number | undefined {
    const peer = this.#peers.get(node);
    return peer === undefined ? undefined : at - peer.heardAt;
  }

  #patience(promiseMs: number): number {
    return Math.max(1, promiseMs / this.#timing.heartbeatIntervalMs);
  }

  #windowMs(peer: Watched): number {
    const { heartbeatIntervalMs } = this.#timing;
    return heartbeatIntervalMs * this.#patience(peer.promiseMs) * LATELY_INTERVALS;
  }

  #heldUntil(peer: Watched): number {
    return peer.heardAt + this.#windowMs(peer);
  }

  #expect(peer: Watched, at: number): void {
    const lateMs = this.#timing.lateAfterMs * this.#patience(peer.promiseMs);
    peer.lateAt = peer.promiseMs === 0 ? Number.POSITIVE_INFINITY : at + lateMs;
    this.#settle(peer);
  }

  #settle(peer: Watched): void {
    const heldUntil = peer.held === undefined ? Number.POSITIVE_INFINITY : this.#heldUntil(peer);
    peer.dueAt = Math.min(peer.lateAt, heldUntil);
  }
}
