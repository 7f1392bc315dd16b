import { reconnectDelayMs } from "../../../runtime/core/backoff.js";
import type { Network } from "../net/network.js";
import type { Socket } from "../net/socket.js";
import type { World } from "../world/world.js";
import type { Life } from "./life.js";
import type { SimLink } from "./sim-link.js";

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

  opened({ peer }: SimLink): void {
    this.#dialling.delete(peer);
  }

  closed(link: SimLink, hasFailed: boolean): void {
    this.#links.get(link.peer)?.delete(link);
    if (hasFailed) this.#failed(link.peer);
  }

  /** An open connection; where there is none, one is dialled for a later call. */
  open(to: string): SimLink | undefined {
    const links = [...(this.#links.get(to) ?? [])];
    const open = links.filter(({ isOpen }) => isOpen);
    if (open.length > 0) return this.#world.dice.pick(open);
    if (links.every(({ hasOpened }) => hasOpened)) this.#dialWhenDue(to);
    return undefined;
  }

  #dialWhenDue(to: string): void {
    const dialling = this.#dialling.get(to) ?? { failureCount: 0, dueAt: 0, isUnderWay: false };
    this.#dialling.set(to, dialling);
    if (this.isClosing || dialling.isUnderWay || this.#life.now < dialling.dueAt) return;
    dialling.isUnderWay = true;
    this.#network.dial(this.#life, to, (socket) => {
      dialling.isUnderWay = false;
      if (socket === undefined) return this.#failed(to);
      this.#connect(socket, to);
    });
  }

  #failed(to: string): void {
    const failureCount = (this.#dialling.get(to)?.failureCount ?? 0) + 1;
    const delayMs = reconnectDelayMs(failureCount, this.#world.dice.float());
    const isUnderWay = this.#dialling.get(to)?.isUnderWay ?? false;
    this.#dialling.set(to, { failureCount, dueAt: this.#life.now + delayMs, isUnderWay });
  }
}
