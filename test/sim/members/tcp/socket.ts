import type { Target } from "../engine/calendar-queue.js";
import type { Engine } from "../engine/engine.js";
import { KIND } from "../engine/kinds.js";
import { latencyMs, RESEND_MS, RESEND_MS_MAX, travelMs, type Weather } from "./weather.js";

/** What is between the two ends. */
export interface Road {
  readonly engine: Engine;
  readonly weather: Weather;
  /** What `from` sends does not get to `to`. */
  isCut(from: number, to: number): boolean;
  /** This end is over. */
  forget(socket: Socket): void;
}

/** The process that has an end of a connection. */
export interface Owner {
  readonly node: number;
  arrived(kind: number, socket: Socket, frame: unknown): void;
}

/** What could not get across, and how often that was tried. */
interface Held {
  frames: { readonly kind: number; readonly frame: unknown }[];
  tryCount: number;
}

/** After so many tries in vain, a quarter of an hour, TCP gives a connection up. */
const TRY_COUNT_MAX = 15;

/**
 * One end of a connection. What goes out of it comes to the other end whole and in order, and whatever is lost on
 * the way holds up what is behind it. What comes while it cannot get across waits for TCP to send it again. What
 * the other direction does has no say in it: a cut that swallows one of them leaves the other alone, as one in a
 * middlebox does that answers for the far end.
 *
 * A world of ten thousand nodes has a hundred thousand of these and looks at one of them in each event, so what
 * costs most is to get it into the cache: it has few fields, and none that is a number with a fraction.
 */
export class Socket implements Target {
  readonly node: number;
  /** It was closed here, or has heard that it is over. */
  isGone = false;
  /** What the other end sends does not get here. Kept by the network while this end is there. */
  isDeaf = false;
  #held: Held | undefined = undefined;
  readonly #owner: Owner;
  /** What the other end has said of itself; `undefined` until then. */
  greeting: unknown = undefined;
  /** Something has come, since its owner has last asked. */
  wasHeard = true;
  /** Its owner had a use for it, since it has last asked; the owner keeps this. */
  wasUsed = true;
  peer: Socket = this;
  /** In which tick the last of what was sent gets there, in the lower half of its bits. */
  #arrivesAt: number;
  readonly #road: Road;
  /** Its owner has dialled, not the other. */
  readonly hasDialled: boolean;

  constructor(road: Road, owner: Owner, hasDialled: boolean) {
    this.node = owner.node;
    this.#owner = owner;
    this.#road = road;
    this.hasDialled = hasDialled;
    this.#arrivesAt = road.engine.tick | 0;
  }

  send(frame: unknown): void {
    if (!this.isGone) this.put(KIND.data, frame);
  }

  /** Ends it in good order: what was sent still arrives. */
  close(): void {
    if (this.isGone) return;
    this.put(KIND.goodbye, undefined);
    this.#leave();
  }

  /** Ends it at once, as the end of a process does. */
  reset(): void {
    if (this.isGone) return;
    this.put(KIND.reset, undefined);
    this.#leave();
  }

  /** Its machine is off: nobody hears of it. */
  vanish(): void {
    this.#leave();
  }

  /** Something between the two ends tells this one that it is over. */
  breakHere(): void {
    const { engine, weather } = this.#road;
    engine.after(latencyMs(weather, engine.dice), this, KIND.broken, this.peer.node);
  }

  put(kind: number, frame: unknown): void {
    const { engine, weather } = this.#road;
    const delayTicks = engine.ticksOf(travelMs(weather, engine.dice));
    // The difference of the lower halves is right as long as a connection is not silent for a day.
    const aheadTicks = (this.#arrivesAt - (engine.tick | 0)) | 0;
    const ticks = Math.max(delayTicks, aheadTicks);
    this.#arrivesAt = (engine.tick + ticks) | 0;
    engine.afterTicks(ticks, this.peer, kind, this.node, frame);
  }

  happen(kind: number, _subject: number, frame: unknown): void {
    if (kind === KIND.resend) this.#tryAgain();
    else if (kind === KIND.broken) this.#arrive(KIND.reset, undefined);
    else if (this.#held !== undefined) this.#held.frames.push({ kind, frame });
    else if (this.#isOutOfReach()) this.#hold(kind, frame);
    else this.#arrive(kind, frame);
  }

  /** An end that is gone is not kept up to date. */
  #isOutOfReach(): boolean {
    return this.isGone ? this.#road.isCut(this.peer.node, this.node) : this.isDeaf;
  }

  #arrive(kind: number, frame: unknown): void {
    if (this.isGone) {
      // A machine that knows nothing of a connection says so to who sends on it.
      if (kind !== KIND.reset && !this.peer.isGone) this.put(KIND.reset, undefined);
      return;
    }
    this.wasHeard = true;
    if (kind === KIND.goodbye || kind === KIND.reset) this.#leave();
    this.#owner.arrived(kind, this, frame);
  }

  #leave(): void {
    this.isGone = true;
    this.#road.forget(this);
  }

  #hold(kind: number, frame: unknown): void {
    this.#held = { frames: [{ kind, frame }], tryCount: 0 };
    this.#wait(this.#held);
  }

  #wait(held: Held): void {
    const ms = Math.min(RESEND_MS * 2 ** held.tryCount, RESEND_MS_MAX);
    held.tryCount += 1;
    this.#road.engine.after(ms, this, KIND.resend, this.peer.node);
  }

  #tryAgain(): void {
    const held = this.#held;
    if (held === undefined) return;
    const { engine, weather } = this.#road;
    if (this.#isOutOfReach() || engine.dice.chance(weather.lossProbability)) {
      if (held.tryCount < TRY_COUNT_MAX) this.#wait(held);
      else this.#giveUp();
      return;
    }
    this.#held = undefined;
    for (const { kind, frame } of held.frames) this.#arrive(kind, frame);
  }

  /** The other end is the one that sends, and so the one that gives up. */
  #giveUp(): void {
    this.#held = undefined;
    const { peer } = this;
    if (peer.isGone) return;
    peer.#leave();
    peer.#owner.arrived(KIND.reset, peer, undefined);
  }
}
