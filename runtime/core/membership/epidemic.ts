import { PROTOCOL } from "../../../generated/protocol.js";
import type { HeartbeatData, RowChange, Speaker } from "./contract.js";
import type { Dissemination, DisseminationOptions, OwnWord } from "./dissemination.js";
import { Neighbours, ROTATION_INTERVAL_MS } from "./neighbours.js";
import { isLiving, type News } from "./news.js";
import { commandOf } from "./own-word.js";
import { NO_NEWS } from "./rumours.js";
import type { FormerPeers, Shared } from "./shared.js";
import { Slots } from "./slots.js";

/**
 * Tells a few neighbours, who tell theirs. News rides on the heartbeats and on nothing else, so how many
 * messages a node sends depends neither on how many members there are nor on how much happens.
 *
 * Peers that know only the specification expect a heartbeat of everybody, and get one as rarely as it allows.
 */
export class Epidemic implements Dissemination {
  readonly kind = "epidemic";
  readonly #options: DisseminationOptions;
  readonly #shared: Shared;
  readonly #neighbours: Neighbours;
  readonly #slots = new Slots();
  /** Living peers that know only the specification. */
  readonly #plain = new Slots();
  readonly #roundsPerPlain: number;
  /** Peers of a former mesh that have to be told yet that no more heartbeats come. */
  readonly #farewells: Slots;
  #round = 0;
  #rotateAt: number | undefined;

  constructor(options: DisseminationOptions, shared: Shared, now: number, former?: FormerPeers) {
    const { heartbeatIntervalMs } = options.timing;
    this.#options = options;
    this.#shared = shared;
    this.#neighbours = new Neighbours({ heartbeatIntervalMs, ...options });
    const plainIntervalMs = PROTOCOL.liveness.heartbeat_interval_ms;
    this.#roundsPerPlain = Math.max(1, Math.floor(plainIntervalMs / heartbeatIntervalMs));
    this.#farewells = former?.expecting ?? new Slots();
    for (const node of former?.neighbours ?? []) this.#admit(now, node);
  }

  watched(): Iterable<string> {
    return this.#neighbours;
  }

  /**
   * Beside the rumour a suspect is told itself, at once, also once it is buried; and a leave is told all who
   * could miss this node.
   */
  tell(word: OwnWord): void {
    this.#shared.rumours.add(word.news);
    if (word.kind === "suspect") this.#tell(word, [word.news.node]);
    else {
      this.#tell(word, word.kind === "leave" ? this.#concernedByLeave() : this.#plain);
    }
  }

  relay(news: News, from: string): void {
    this.#shared.rumours.add(news, from);
  }

  handleHeartbeat(now: number, from: Speaker, data: HeartbeatData): void {
    const { id } = from;
    for (const news of data.news ?? NO_NEWS) this.#shared.rumours.heardFrom(id, news);
    const isNeighbour = this.#neighbours.has(id);
    if (!isNeighbour && !this.#isLiving(id)) return;
    if (!from.speaks) return this.#plain.add(id, this.#shared.clock.next);
    if (this.#plain.size > 0) this.#plain.delete(id);
    if (data.next_ms === 0) this.#refused(now, id);
    else if (!isNeighbour) this.#answer(now, id, data);
  }

  handleRow(now: number, { node, before, after }: RowChange): void {
    if (after === undefined) this.#shared.rumours.forget(node);
    if (after === undefined || !isLiving(after.state)) return this.#gone(now, node);
    // Its new process does not know of this node; it would take this one's heartbeats for its choice.
    const isRestarted = before !== undefined && after.epoch > before.epoch;
    if (isRestarted && this.#neighbours.hasAdmitted(node)) this.#end(now, node, false);
  }

  handleSlot(now: number, slot: number): void {
    if (slot === 0) this.#beginRound(now);
    this.#choose(now);
    for (const to of this.#slots.in(slot)) this.#beat(to);
    this.#sayFarewells(slot);
    if (this.#round % this.#roundsPerPlain !== 0) return;
    for (const to of this.#plain.in(slot)) {
      if (!this.#neighbours.has(to)) this.#shared.heartbeats.send(to, undefined);
    }
  }

  /** Becomes a mesh: all keep getting heartbeats, but no connection is held any more. */
  release(): void {
    for (const node of this.#neighbours) this.#options.commands.push({ kind: "release", node });
  }

  #beginRound(now: number): void {
    this.#round += 1;
    this.#settleRumours();
    this.#rotateAt ??= now + this.#options.random() * ROTATION_INTERVAL_MS;
    if (now < this.#rotateAt) return;
    this.#rotateAt = now + ROTATION_INTERVAL_MS;
    this.#rotate(now);
  }

  #settleRumours(): void {
    const { rumours } = this.#shared;
    if (rumours.size === 0) return;
    rumours.settle([...this.#neighbours].filter((node) => !this.#plain.has(node)));
  }

  #rotate(now: number): void {
    // With all others for neighbours there is nobody to replace one by.
    if (this.#neighbours.size >= this.#options.livingCount() - 1) return;
    const node = this.#neighbours.random();
    if (node === undefined) return;
    this.#shared.heartbeats.sendLast(node, NO_NEWS);
    this.#end(now, node, true);
  }

  #beat(to: string): void {
    const { speaks, livingCount } = this.#options;
    const news = speaks(to) ? this.#shared.rumours.take(to, livingCount()) : undefined;
    this.#shared.heartbeats.send(to, news);
  }

  #sayFarewells(slot: number): void {
    if (this.#farewells.size === 0) return;
    for (const to of [...this.#farewells.in(slot)]) {
      if (!this.#neighbours.has(to)) this.#shared.heartbeats.sendLast(to, NO_NEWS);
      this.#farewells.delete(to);
    }
  }

  #choose(now: number): void {
    for (
      let node = this.#neighbours.choose(now);
      node !== undefined;
      node = this.#neighbours.choose(now)
    ) {
      this.#begin(now, node);
    }
  }

  /** Somebody who is no neighbour of this node sends heartbeats. */
  #answer(now: number, id: string, { news, next_ms }: HeartbeatData): void {
    // Who is still a mesh sends to all and chose nobody. The first on a connection has neither field.
    const isMesh = news === undefined && next_ms !== undefined;
    const isFull = isMesh || this.#admit(now, id) === "full";
    if (!isFull) return;
    this.#farewells.delete(id);
    this.#shared.heartbeats.sendLast(id, NO_NEWS);
  }

  #admit(now: number, node: string) {
    const admission = this.#neighbours.admit(now, node);
    if (admission === "admitted") this.#begin(now, node);
    return admission;
  }

  /** The peer does not have this node as a neighbour, or not any more. */
  #refused(now: number, node: string): void {
    this.#end(now, node, false);
    this.#farewells.delete(node);
  }

  #gone(now: number, node: string): void {
    this.#plain.delete(node);
    this.#farewells.delete(node);
    if (this.#neighbours.has(node)) {
      this.#end(now, node, false);
      this.#choose(now);
    }
  }

  #begin(now: number, node: string): void {
    this.#slots.add(node, this.#shared.clock.next);
    this.#options.commands.push({ kind: "keep", node });
    this.#options.watch(now, node);
  }

  #end(now: number, node: string, byMe: boolean): void {
    if (!this.#neighbours.end(now, node, byMe)) return;
    this.#slots.delete(node);
    this.#options.commands.push({ kind: "release", node });
    this.#options.unwatch(node);
  }

  #isLiving(node: string): boolean {
    const row = this.#options.rows.get(node);
    return row !== undefined && isLiving(row.state);
  }

  #concernedByLeave(): Set<string> {
    const nodes = new Set([...this.#neighbours, ...this.#plain]);
    for (const { node, role, state } of this.#options.rows) {
      if (role === "controller" && isLiving(state)) nodes.add(node);
    }
    return nodes;
  }

  #tell(word: OwnWord, peers: Iterable<string>): void {
    const { commands, speaks } = this.#options;
    for (const to of peers) {
      const command = commandOf(word, to, speaks(to));
      if (command !== undefined) commands.push(command);
    }
  }
}
