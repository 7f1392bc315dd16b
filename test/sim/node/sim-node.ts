import { MESSAGES } from "../../../generated/dispatch.js";
import type { ConnectionOptions, Side } from "../../../runtime/core/connection-types.js";
import { Sessions } from "../../../runtime/core/delivery/sessions.js";
import { CAPABILITIES, type LocalNode } from "../../../runtime/core/handshake.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { Disk } from "../disk/disk.js";
import type { Listener, Network } from "../net/network.js";
import type { Socket } from "../net/socket.js";
import type { Plan } from "../plan.js";
import { WallClock } from "../world/wall-clock.js";
import type { World } from "../world/world.js";
import { Caller, type CallNumbers } from "./caller.js";
import { Courier } from "./courier.js";
import { Handlers } from "./handlers.js";
import { Life } from "./life.js";
import { Peers } from "./peers.js";
import { Sender } from "./sender.js";
import { SimLink, type SimLinkOwner } from "./sim-link.js";

/** How a process comes to its end before its time. */
export type Crash = "process" | "machine";

const DAY_MS = 86_400_000;

/** What a process has from its start to its end. */
interface Identity {
  readonly bootEpochMs: number;
  readonly capabilities: readonly string[];
  /** What it has received. */
  readonly sessions: Sessions;
}

/** What is there while a process of a node lives. */
interface Process {
  readonly life: Life;
  readonly peers: Peers;
  readonly handlers: Handlers;
  readonly caller: Caller;
  readonly sender: Sender;
  readonly courier: Courier;
  readonly listener: Listener;
  readonly sockets: Set<Socket>;
}

/** One node: its machine with a clock and a disk, and one process after the other. */
export class SimNode {
  readonly name: string;
  readonly disk: Disk;
  readonly clock: WallClock;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #network: Network;
  readonly #numbers: CallNumbers;
  readonly #isOld: boolean;
  #process: Process | undefined;
  #lifeCount = 0;
  #isStopped = false;

  constructor(world: World, plan: Plan, network: Network, name: string, numbers: CallNumbers) {
    const { dice } = world;
    this.name = name;
    this.#world = world;
    this.#plan = plan;
    this.#network = network;
    this.#numbers = numbers;
    this.disk = new Disk(world, name, plan.disk, () => this.#mendSoon());
    const driftPerMs = dice.between(-1e-4, 1e-4);
    this.clock = new WallClock(() => world.now, dice.between(-DAY_MS, DAY_MS), 1 + driftPerMs);
    this.#isOld = plan.habits.has("old-peers") && dice.oneIn(2);
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** Timers of its process, and connections, that are still there. */
  get remains(): number {
    if (this.#process === undefined) return 0;
    return this.#process.life.pendingCount + this.#process.peers.all.length;
  }

  start(): void {
    const { name: node } = this;
    const number = ++this.#lifeCount;
    const disk = this.disk.durable.size > 0;
    this.#world.tell({ kind: "started", node, life: number, disk });
    const life = new Life(this.#world, node, number, () => this.crash("process"));
    const { dice } = this.#world;
    const identity: Identity = {
      bootEpochMs: this.clock.unixTimeMs(),
      capabilities: CAPABILITIES.filter(
        (name) => !(this.#isOld && dice.oneIn(3)) && !(this.#plan.floods && name === "flow"),
      ),
      sessions: new Sessions(),
    };
    const handlers = new Handlers(this.#world, this.#plan, life, this.disk);
    const sockets = new Set<Socket>();
    const connect = (side: Side) => (socket: Socket, peer: string) => {
      sockets.add(socket);
      const link = new SimLink(
        this.#world,
        life,
        socket,
        this.#options(side, peer, identity),
        owner,
      );
      peers.add(link);
      if (peers.isClosing) link.close("shutdown", 0);
    };
    const peers: Peers = new Peers(this.#world, this.#network, life, connect("client"));
    const courier = new Courier(this.#world, life, peers, identity.bootEpochMs);
    const owner = ownerOf(peers, handlers, courier);
    const { happen } = life;
    const listener = { node, happen, accept: connect("server") };
    const caller = new Caller(this.#world, this.#plan, life, peers, this.#numbers);
    const sender = new Sender(this.#world, this.#plan, life, courier, this.#numbers);
    this.#process = { life, peers, handlers, caller, sender, courier, listener, sockets };
    this.#network.listen(listener);
  }

  /** Its process is gone, with all that it had in memory; it starts again after a while. */
  crash(how: Crash): void {
    if (this.#process === undefined) return;
    const { life, listener, sockets } = this.#process;
    this.#world.tell({ kind: "crashed", node: this.name, life: life.number });
    this.#end();
    this.#network.leave(listener);
    for (const socket of sockets) {
      if (how === "machine") socket.out.vanish();
      socket.destroy();
    }
    this.disk.crash();
    this.#damageDisk(how);
    this.#startLater();
  }

  /** It will crash before one of its next events. What it sends until then may come when the next one has begun. */
  doom(): void {
    if (this.#process === undefined) return;
    const { dice } = this.#world;
    const { life, sockets } = this.#process;
    life.doom(dice.below(200));
    if (!this.#plan.faults.has("stall") || dice.oneIn(2)) return;
    for (const { out } of sockets) out.stall(dice.exponential(2000));
  }

  /** Ends in good order, and starts again after a while. */
  leave(): void {
    const process = this.#process;
    this.#close(() => {
      if (process === undefined || this.#isStopped || this.#process !== process) return;
      const { name: node } = this;
      this.#world.tell({ kind: "left", node, connections: process.peers.all.length });
      this.#end();
      this.#startLater();
    });
  }

  /** Ends in good order, for good. */
  stop(): void {
    this.#isStopped = true;
    this.#close(() => {});
  }

  /** One of its connections is not needed any more. */
  closeOne(): void {
    const open = this.#process?.peers.all.filter(({ isOpen }) => isOpen) ?? [];
    if (open.length === 0) return;
    this.#world.dice.pick(open).close("idle", this.#plan.timing.drainMs);
  }

  pause(ms: number): void {
    this.#process?.life.pause(ms);
  }

  /** Nothing goes wrong any more, and nothing new begins. */
  calm(): void {
    this.disk.heal();
    this.#process?.caller.stop();
    this.#process?.sender.stop();
    this.#process?.handlers.calm();
  }

  tellStates(): void {
    for (const link of this.#process?.peers.all ?? []) link.tellState();
  }

  #startLater(): void {
    this.#world.after(this.#world.dice.exponential(500), () => {
      this.start();
      if (this.#world.now >= this.#plan.healAt) this.calm();
    });
  }

  /** Somebody sees that the disk does not write any more, and starts the process again. */
  #mendSoon(): void {
    const process = this.#process;
    this.#world.after(this.#world.dice.exponential(500), () => {
      if (process === this.#process) this.crash("process");
    });
  }

  #close(then: () => void): void {
    if (this.#process === undefined) return;
    const { caller, sender, courier, peers, listener, life } = this.#process;
    caller.stop();
    sender.stop();
    courier.stop();
    peers.isClosing = true;
    this.#network.leave(listener);
    for (const link of peers.all) link.close("shutdown", this.#plan.timing.drainMs);
    const end = () => {
      courier.close();
      then();
    };
    life.after(this.#plan.timing.drainMs + CLOSE_MS, () => {
      if (peers.all.length === 0) return end();
      // It was held up, and what it wanted to do by now is still to come.
      life.after(CLOSE_MS, end);
    });
  }

  #end(): void {
    this.#process?.life.end();
    this.#process = undefined;
  }

  #damageDisk(how: Crash): void {
    const { dice } = this.#world;
    const { faults } = this.#plan;
    if (how === "process") return;
    if (faults.has("lost-disk") && dice.oneIn(3)) this.disk.replace();
    if (faults.has("rolled-back-disk") && dice.oneIn(3)) this.disk.rollBack();
  }

  #options(side: Side, peer: string, identityOfLife: Identity): ConnectionOptions {
    const { dice } = this.#world;
    const identity = (id: string) => ({ id, role: "node", cluster: "sim" }) as const;
    const local: LocalNode = {
      ...identity(this.name),
      bootEpochMs: identityOfLife.bootEpochMs,
      capabilities: identityOfLife.capabilities,
    };
    const { sessions } = identityOfLife;
    const host = {
      unixTimeMs: () => this.clock.unixTimeMs(),
      newMessageId: () => dice.uuid(),
      newNonce: () => dice.hex(32),
    };
    const { timing } = this.#plan;
    const meter = new TrafficMeter();
    return { side, local, peer: identity(peer), messages: MESSAGES, host, meter, timing, sessions };
  }
}

/** More than a connection takes to end once it has been drained. */
const CLOSE_MS = 1500;

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
