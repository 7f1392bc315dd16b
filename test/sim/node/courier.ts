import { KeptSend } from "../../../runtime/core/delivery/keeping/kept-send.js";
import type { Outbox, OutboxMessage } from "../../../runtime/core/delivery/keeping/outbox.js";
import type { OutboxChannel } from "../../../runtime/core/delivery/keeping/outbox-channel.js";
import type {
  DeliveryToken,
  OutgoingMessage,
} from "../../../runtime/core/delivery/sending/outgoing.js";
import { RetryBudget } from "../../../runtime/core/delivery/sending/retry-budget.js";
import type { SendChannelOptions } from "../../../runtime/core/delivery/sending/send-channel.js";
import { RnpError } from "../../../runtime/core/error.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import type { World } from "../world/world.js";
import { ById } from "./by-id.js";
import type { Life } from "./life.js";
import { Line } from "./line.js";
import { contentOf } from "./messages.js";
import type { Peers } from "./peers.js";
import type { SimLink } from "./sim-link.js";
import { SimWakeup } from "./wakeup.js";

/** What `Courier` of the runtime does: sends in channels to all peers of one process. */
export class Courier {
  readonly #world: World;
  readonly #life: Life;
  readonly #peers: Peers;
  /** When the process began, as its clock showed. */
  readonly #epoch: number;
  readonly #outbox: Outbox | undefined;
  readonly #lines = new Map<string, Line>();
  readonly #budgets = new Map<string, RetryBudget>();
  /** Lets those who wait for kept messages hear in time. */
  readonly #expiry: SimWakeup;
  isClosed = false;

  constructor(world: World, life: Life, peers: Peers, epoch: number, outbox: Outbox | undefined) {
    this.#world = world;
    this.#life = life;
    this.#peers = peers;
    this.#epoch = epoch;
    this.#outbox = outbox;
    this.#expiry = new SimWakeup(life, () => this.#expire());
  }

  /**
   * Sends a message in a channel to `peer`; gives its line, to cancel it by, where it is in one.
   *
   * @throws RnpError where it is not taken
   */
  deliver(peer: string, channel: string, message: OutgoingMessage): Line | undefined {
    if (this.isClosed) throw CLOSED;
    const line = this.#line(peer, channel);
    if (line.isByIds) {
      this.#deliverById(peer, message);
      return undefined;
    }
    line.accept(message);
    return line;
  }

  /** Gives a message its place in the outbox; `waiter` hears what becomes of it. */
  keep(
    peer: string,
    channel: string,
    message: Omit<OutboxMessage, "meta">,
    waiter: DeliveryToken | undefined,
  ): KeptSend {
    if (this.isClosed) throw CLOSED;
    const outbox = this.#outbox!;
    const place = outbox.channel({ peer, channel }, "control");
    const line = this.#keptLine(place);
    const kept = outbox.put(place, this.#life.now, { ...message, meta: undefined }, waiter);
    const send = new KeptSend(kept.message, kept.batch, place.departures, line);
    if (waiter !== undefined) outbox.awaitUntil(this.#life.now + message.timeoutMs, send);
    this.#expiry.at(outbox.wakeAt);
    return send;
  }

  /** Sends what an earlier process has left in the outbox. */
  resume(): void {
    for (const place of this.#outbox?.channels ?? []) {
      if (place.hasLeft) this.#keptLine(place).resume();
    }
  }

  /** A connection has closed: what was on it looks for another. */
  closed(link: SimLink): void {
    for (const line of this.#lines.values()) line.closed(link);
  }

  /** Takes nothing new. */
  stop(): void {
    this.isClosed = true;
  }

  /** Gives up what still waits. */
  close(): void {
    this.stop();
    this.#expiry.cancel();
    for (const line of this.#lines.values()) line.close(CLOSED);
  }

  #expire(): void {
    this.#outbox!.handleTimeout(this.#life.now);
    this.#expiry.at(this.#outbox!.wakeAt);
  }

  #line(peer: string, name: string): Line {
    const known = this.#lines.get(`${peer} ${name}`);
    if (known !== undefined) return known;
    return this.#newLine({ name, peer, epoch: this.#epoch, idSeed: this.#world.dice.uuid() });
  }

  #keptLine(place: OutboxChannel): Line {
    const { peer, channel: name } = place.key;
    const known = this.#lines.get(`${peer} ${name}`);
    if (known !== undefined) return known;
    const { epoch, idSeed } = place.kept;
    const isDurable = name.endsWith(".once");
    return this.#newLine({ name, peer, epoch, idSeed, ledger: place, isDurable });
  }

  #newLine(channel: Omit<SendChannelOptions, "budget" | "meter">): Line {
    const { peer, name } = channel;
    const epochSeed = channel.ledger && this.#world.dice.uuid();
    const options = { ...channel, epochSeed, budget: this.#budget(peer), meter };
    const byId = (message: OutgoingMessage) => this.#deliverById(peer, message);
    const line = new Line(this.#world, this.#life, this.#peers, options, byId);
    this.#lines.set(`${peer} ${name}`, line);
    return line;
  }

  #budget(peer: string): RetryBudget {
    const budget = this.#budgets.get(peer) ?? new RetryBudget();
    this.#budgets.set(peer, budget);
    return budget;
  }

  #deliverById(peer: string, message: OutgoingMessage): void {
    this.#world.tell({ kind: "by-id", call: contentOf(message.type, message.data).call });
    new ById(this.#life, this.#peers, peer, message, this.#world.dice.uuid()).begin();
  }
}

/** Nobody looks at how long it took. */
const meter = new TrafficMeter();
const CLOSED = new RnpError("UNAVAILABLE", "the node was closed");
