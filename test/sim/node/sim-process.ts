import { MESSAGES } from "../../../generated/dispatch.js";
import type { ConnectionOptions, Side } from "../../../runtime/core/connection-types.js";
import { Sessions } from "../../../runtime/core/delivery/receiving/sessions.js";
import { CAPABILITIES, type LocalNode } from "../../../runtime/core/handshake.js";
import type { Host } from "../../../runtime/core/host.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import type { Disk } from "../disk/disk.js";
import type { Listener, Network } from "../net/network.js";
import type { Socket } from "../net/socket.js";
import type { Plan } from "../plan.js";
import type { WallClock } from "../world/wall-clock.js";
import type { World } from "../world/world.js";
import { Caller, type CallNumbers } from "./caller.js";
import { Courier } from "./courier.js";
import { type Durability, openDurability } from "./durability.js";
import { Effects } from "./effects.js";
import { Handlers } from "./handlers.js";
import { Keeper } from "./keeper.js";
import type { Life } from "./life.js";
import { Peers } from "./peers.js";
import { Sender } from "./sender.js";
import { SimLink, type SimLinkOwner } from "./sim-link.js";

/** What a process runs on. */
export interface Machine {
  readonly name: string;
  readonly disk: Disk;
  readonly clock: WallClock;
  /** Whether it runs an older version, which does not know all that this one does. */
  readonly isOld: boolean;
  /** Whether its processes keep a store on its disk. */
  readonly hasStore: boolean;
}

/** One process of a node from its start to its end: what `createNode` of the runtime puts together. */
export class SimProcess {
  readonly life: Life;
  readonly peers: Peers;
  readonly sockets = new Set<Socket>();
  readonly #world: World;
  readonly #plan: Plan;
  readonly #network: Network;
  readonly #host: Host;
  readonly #local: LocalNode;
  readonly #durability: Durability | undefined;
  readonly #sessions: Sessions;
  readonly #handlers: Handlers;
  readonly #caller: Caller;
  readonly #sender: Sender;
  readonly #courier: Courier;
  readonly #listener: Listener;
  readonly #owner: SimLinkOwner;

  constructor(
    world: World,
    plan: Plan,
    network: Network,
    machine: Machine,
    numbers: CallNumbers,
    life: Life,
  ) {
    const { name: node, disk, hasStore } = machine;
    this.#world = world;
    this.#plan = plan;
    this.#network = network;
    this.life = life;
    this.#host = hostOf(world, machine);
    const durability = hasStore ? openDurability(world, life, disk, this.#host) : undefined;
    this.#durability = durability;
    this.#local = this.#identify(machine);
    this.#sessions = durability?.sessions ?? new Sessions();
    const peers = new Peers(world, network, life, (socket, to) =>
      this.#connect("client", socket, to),
    );
    const courier = new Courier(world, life, peers, this.#local.bootEpochMs, durability?.outbox);
    const keeper = durability && new Keeper(world, plan, life, courier, numbers, durability.store);
    const effects = new Effects(world, life, disk, numbers, keeper);
    this.peers = peers;
    this.#courier = courier;
    this.#handlers = new Handlers(world, plan, life, effects);
    this.#owner = ownerOf(peers, this.#handlers, courier);
    this.#caller = new Caller(world, plan, life, peers, numbers);
    this.#sender = new Sender(world, plan, life, courier, numbers, keeper);
    const accept = (socket: Socket, from: string) => this.#connect("server", socket, from);
    this.#listener = { node, happen: life.happen, accept };
    network.listen(this.#listener);
    courier.resume();
  }

  /** It is gone. */
  end(): void {
    this.life.end();
    this.#network.leave(this.#listener);
  }

  /** Nothing new begins, and nothing hangs any more. */
  calm(): void {
    this.#caller.stop();
    this.#sender.stop();
    this.#handlers.calm();
  }

  /** Comes to its end in good order; `then` is told when only the end is left. */
  close(then: () => void): void {
    const { drainMs } = this.#plan.timing;
    this.#caller.stop();
    this.#sender.stop();
    this.#courier.stop();
    this.peers.isClosing = true;
    this.#network.leave(this.#listener);
    this.#durability?.outbox.stop();
    for (const link of this.peers.all) link.close("shutdown", drainMs);
    this.life.after(drainMs + CLOSE_MS, () => {
      if (this.peers.all.length === 0) return this.#closeStore(then);
      // It was held up, and what it wanted to do by now is still to come.
      this.life.after(CLOSE_MS, () => this.#closeStore(then));
    });
  }

  /** What is on its way to the disk gets there, or fails. */
  #closeStore(then: () => void): void {
    this.#courier.close();
    if (this.#durability === undefined) return then();
    this.#durability.store.commit({}).then(then, then);
  }

  #connect(side: Side, socket: Socket, peer: string): void {
    this.sockets.add(socket);
    const options = this.#connectionOptions(side, peer);
    const link = new SimLink(this.#world, this.life, socket, options, this.#owner);
    this.peers.add(link);
    if (this.peers.isClosing) link.close("shutdown", 0);
  }

  #identify({ name, clock, isOld }: Machine): LocalNode {
    const { dice } = this.#world;
    const capabilities = CAPABILITIES.filter(
      (each) => !(isOld && dice.oneIn(3)) && !(this.#plan.floods && each === "flow"),
    );
    const bootEpochMs = clock.unixTimeMs();
    const store = this.#durability?.identity;
    const isDurable = store !== undefined && capabilities.includes("delivery");
    this.#world.tell({ kind: "announced", node: name, isDurable });
    return { ...identity(name), bootEpochMs, capabilities, store };
  }

  #connectionOptions(side: Side, peer: string): ConnectionOptions {
    return {
      ...{ side, local: this.#local, peer: identity(peer), messages: MESSAGES, host: this.#host },
      ...{ meter: new TrafficMeter(), timing: this.#plan.timing, sessions: this.#sessions },
    };
  }
}

/** More than a connection takes to end once it has been drained. */
const CLOSE_MS = 1500;

function identity(id: string) {
  return { id, role: "node", cluster: "sim" } as const;
}

function hostOf({ dice }: World, { clock }: Machine): Host {
  return {
    unixTimeMs: () => clock.unixTimeMs(),
    newMessageId: () => dice.uuid(),
    newNonce: () => dice.hex(32),
  };
}

function ownerOf(peers: Peers, handlers: Handlers, courier: Courier): SimLinkOwner {
  return {
    opened: (link) => peers.opened(link),
    message: (link, message) => handlers.handle(link, message),
    cancelled: (link, message) => handlers.cancel(link, message),
    room: (link) => handlers.room(link),
    closed: (link, error) => {
      handlers.abandon(link);
      peers.closed(link, error !== undefined);
      courier.closed(link);
    },
  };
}
