import { reconnectDelayMs } from "../../../runtime/core/backoff.js";
import type { Network } from "../net/network.js";
import type { Socket } from "../net/socket.js";
import type { World } from "../world/world.js";
import type { Life } from "./life.js";
import type { SimLink } from "./sim-link.js";

/** Hears of the next connection that opens; of none, where it could not be dialled. */
type Waiter = (link: SimLink | undefined) => void;

interface Dialling {
  failureCount: number;
  dueAt: number;
  isUnderWay: boolean;
}

/** The connections of one life, by the node that they lead to, and when another may be dialled. */
export class Peers {
  readonly #world: World;
  readonly #network: Network;
  readonly #life: Life;
  readonly #connect: (socket: Socket, to: string) => void;
  readonly #links = new Map<string, Set<SimLink>>();
  readonly #dialling = new Map<string, Dialling>();
  readonly #waiting = new Map<string, Waiter[]>();
  isClosing = false;

  constructor(
    world: World,
    network: Network,
    life: Life,
    connect: (socket: Socket, to: string) => void,
  ) {
    this.#world = world;
    this.#network = network;
    this.#life = life;
    this.#connect = connect;
  }

  get all(): SimLink[] {
    return [...this.#links.values()].flatMap((links) => [...links]);
  }

  add(link: SimLink): void {
    const links = this.#links.get(link.peer) ?? new Set();
    this.#links.set(link.peer, links.add(link));
  }

  opened(link: SimLink): void {
    const dialling = this.#diallingOf(link.peer);
    dialling.failureCount = 0;
    dialling.dueAt = 0;
    this.#tellWaiting(link.peer, link);
  }

  closed(link: SimLink, hasFailed: boolean): void {
    const { peer } = link;
    this.#links.get(peer)?.delete(link);
    if (hasFailed) this.#failed(peer);
    else this.#turnAway(peer);
  }

  /** Any of the open connections to a peer. */
  find(to: string): SimLink | undefined {
    const open = [...(this.#links.get(to) ?? [])].filter(({ isOpen }) => isOpen);
    return open.length === 0 ? undefined : this.#world.dice.pick(open);
  }

  /** Waits for a connection, and dials one, now or when that may be tried again. */
  whenOpen(to: string, waiter: Waiter): void {
    if (this.isClosing) return waiter(undefined);
    const waiting = this.#waiting.get(to) ?? [];
    this.#waiting.set(to, waiting);
    waiting.push(waiter);
    if (waiting.length > 1 || this.#isGreeting(to)) return;
    const dueAt = this.#dialling.get(to)?.dueAt ?? 0;
    if (dueAt <= this.#life.now) return this.#dialWhenDue(to);
    this.#life.after(Math.ceil(dueAt - this.#life.now), () => {
      if (!this.#waiting.has(to)) return;
      if (this.isClosing) this.#tellWaiting(to, undefined);
      else this.#dialWhenDue(to);
    });
  }

  /** An open connection; where there is none, one is dialled for a later call. */
  open(to: string): SimLink | undefined {
    const found = this.find(to);
    if (found === undefined && !this.#isGreeting(to)) this.#dialWhenDue(to);
    return found;
  }

  #isGreeting(to: string): boolean {
    return [...(this.#links.get(to) ?? [])].some(({ hasOpened }) => !hasOpened);
  }

  #tellWaiting(to: string, link: SimLink | undefined): void {
    const waiting = this.#waiting.get(to) ?? [];
    this.#waiting.delete(to);
    for (const waiter of waiting) waiter(link);
  }

  #dialWhenDue(to: string): void {
    const dialling = this.#diallingOf(to);
    if (this.isClosing || dialling.isUnderWay || this.#life.now < dialling.dueAt) return;
    dialling.isUnderWay = true;
    this.#network.dial(this.#life, to, (socket) => {
      dialling.isUnderWay = false;
      if (socket === undefined) return this.#failed(to);
      this.#connect(socket, to);
    });
  }

  #failed(to: string): void {
    const dialling = this.#diallingOf(to);
    dialling.failureCount += 1;
    const delayMs = reconnectDelayMs(dialling.failureCount, this.#world.dice.float());
    dialling.dueAt = this.#life.now + delayMs;
    this.#turnAway(to);
  }

  #diallingOf(to: string): Dialling {
    const dialling = this.#dialling.get(to) ?? { failureCount: 0, dueAt: 0, isUnderWay: false };
    this.#dialling.set(to, dialling);
    return dialling;
  }

  /** Who waits is told, where nothing is under way that may still give a connection. */
  #turnAway(to: string): void {
    if (this.#isGreeting(to) || this.#dialling.get(to)?.isUnderWay === true) return;
    this.#tellWaiting(to, this.find(to));
  }
}
