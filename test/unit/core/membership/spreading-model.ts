import type {
  Command,
  HeartbeatData,
  MembershipOptions,
} from "../../../../runtime/core/membership/contract.js";
import type { OwnWord } from "../../../../runtime/core/membership/dissemination.js";
import { isLiving, type News } from "../../../../runtime/core/membership/news.js";
import { judge } from "../../../../runtime/core/membership/precedence.js";
import { hashedRow, type Row, type Rows } from "../../../../runtime/core/membership/rows.js";
import { Strategy } from "../../../../runtime/core/membership/strategy.js";
import { Dice } from "../../../sim/world/dice.js";
import { INTERVAL_MS, newsOf, speaker } from "./spreading.js";
import { EPOCH, member } from "./table-builders.js";

/** The model moves in steps of this, and what is sent arrives in the next. */
const STEP_MS = 10;

type Setting = Pick<MembershipOptions, "dissemination" | "meshMembersMax">;

const OWN_LIFE = { epoch: EPOCH, incarnation: 0 };

/** All rows but the own one: those of the beginning, shared by all nodes, and what this node learnt since. */
class View implements Rows {
  readonly #own: number;
  readonly #shared: readonly Row[];
  readonly #places: ReadonlyMap<string, number>;
  readonly learnt = new Map<string, Row>();

  constructor(own: number, shared: readonly Row[], places: ReadonlyMap<string, number>) {
    this.#own = own;
    this.#shared = shared;
    this.#places = places;
  }

  get size(): number {
    return this.#shared.length - 1;
  }

  get(node: string): Row | undefined {
    const place = this.#places.get(node);
    if (place === undefined || place === this.#own) return undefined;
    return this.learnt.get(node) ?? this.#shared[place];
  }

  set(fields: Row): Row {
    this.learnt.set(fields.node, fields);
    return fields;
  }

  delete(): void {
    throw new Error("nobody is forgotten here");
  }

  at(index: number): Row {
    const row = this.#shared[index < this.#own ? index : index + 1]!;
    return this.learnt.get(row.node) ?? row;
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let index = 0; index < this.size; index++) yield this.at(index);
  }
}

/** One node: its view, and nothing that detects failures. */
export class ModelNode {
  readonly id: string;
  readonly view: View;
  readonly strategy: Strategy;
  readonly commands: Command[] = [];
  readonly watched = new Set<string>();
  /** When those that are watched and promised another heartbeat were heard last. */
  readonly heardAt = new Map<string, number>();
  isUp = true;
  livingCount: number;

  constructor(id: string, view: View, dice: Dice, setting: Setting) {
    this.id = id;
    this.view = view;
    this.livingCount = view.size + 1;
    this.strategy = new Strategy({
      ...setting,
      rows: view,
      timing: { heartbeatIntervalMs: INTERVAL_MS },
      random: () => dice.float(),
      livingCount: () => this.livingCount,
      ownLife: () => OWN_LIFE,
      speaks: () => true,
      commands: this.commands,
      watch: (_now, node) => this.watched.add(node),
      unwatch: (node) => {
        this.watched.delete(node);
        this.heardAt.delete(node);
      },
    });
  }

  /** Hears a heartbeat, and passes on what is new in it. */
  hear(now: number, from: string, data: HeartbeatData): void {
    for (const news of data.news ?? []) {
      if (this.learn(now, news)) this.strategy.relay(news, from);
    }
    this.strategy.handleHeartbeat(now, speaker(from), data);
    if (data.next_ms === 0) this.heardAt.delete(from);
    else if (this.watched.has(from)) this.heardAt.set(from, now);
  }

  /** For how long a member was silent that promised not to be. */
  silentMs(now: number): number {
    let silentMs = 0;
    for (const [node, heardAt] of this.heardAt) {
      const isAlive = this.view.get(node)?.state === "alive";
      if (isAlive) silentMs = Math.max(silentMs, now - heardAt);
    }
    return silentMs;
  }

  /** Finds out itself that a node is dead. */
  find(now: number, node: string): void {
    const life = { ...OWN_LIFE, accusers: [this.id, "helper"] };
    const news = newsOf(node, { ...life, state: "dead" });
    if (!this.learn(now, news)) return;
    const data = { suspect_node: node, last_seen: 0, failed_pings: 1, ...life };
    const word: OwnWord = { kind: "suspect", data, news };
    this.strategy.tell(word);
  }

  /** Returns whether it was new. */
  learn(now: number, news: News): boolean {
    const before = this.view.get(news.node);
    const verdict = judge(before, news);
    if (before === undefined || verdict === "ignore" || verdict === "confirm") return false;
    const { state, epoch, incarnation } = news;
    const after = this.view.set(hashedRow({ ...before, state, epoch, incarnation }, before));
    this.livingCount += Number(isLiving(after.state)) - Number(isLiving(before.state));
    this.strategy.handleRow(now, { node: news.node, before, after });
    return true;
  }
}

/** A cluster of nodes that exchange heartbeats directly, and counts them. */
export class Model {
  readonly nodes: readonly ModelNode[];
  now = 0;
  sentCount = 0;
  newsCountMax = 0;
  readonly #byId: ReadonlyMap<string, ModelNode>;
  #underWay: { readonly from: string; readonly to: string; readonly data: HeartbeatData }[] = [];

  constructor(count: number, seed: number, setting: Setting = { dissemination: "epidemic" }) {
    const dice = new Dice(seed);
    const ids = Array.from({ length: count }, (_, index) => `n${index}`);
    const rows = ids.map((id) => hashedRow(member(id), undefined));
    const places = new Map(ids.map((id, index) => [id, index]));
    this.nodes = ids.map((id, index) => {
      return new ModelNode(id, new View(index, rows, places), dice, setting);
    });
    this.#byId = new Map(this.nodes.map((node) => [node.id, node]));
    for (const { strategy } of this.nodes) strategy.start(dice.float() * INTERVAL_MS);
  }

  get up(): ModelNode[] {
    return this.nodes.filter(({ isUp }) => isUp);
  }

  /** Lets so many heartbeat intervals pass. Returns how many messages each node sent in one, in the mean. */
  pass(intervals: number): number {
    const sentCount = this.sentCount;
    const untilAt = this.now + intervals * INTERVAL_MS;
    while (this.now < untilAt) this.#step();
    return (this.sentCount - sentCount) / intervals / this.up.length;
  }

  /** These fall silent at once, and of each two of those that watch it find out. */
  kill(...victims: readonly ModelNode[]): void {
    for (const victim of victims) victim.isUp = false;
    for (const { id } of victims) {
      const watching = this.up.filter(({ watched }) => watched.has(id));
      for (const finder of watching.slice(0, 2)) {
        finder.find(this.now, id);
        this.#collect(finder);
      }
    }
  }

  /** Everybody learns this, one after the other within so many intervals. Returns the longest silence meanwhile. */
  tellAll(news: News, intervals: number): number {
    let silentMs = 0;
    const nodes = this.up.filter(({ id }) => id !== news.node);
    for (const node of nodes) {
      node.learn(this.now, news);
      this.#collect(node);
      this.pass(intervals / nodes.length);
      silentMs = Math.max(silentMs, ...this.up.map((each) => each.silentMs(this.now)));
    }
    return silentMs;
  }

  /** Pairs of those that are up of which one end takes the other for its neighbour, but not the other way round. */
  get oneSided(): string[] {
    return this.up.flatMap(({ id, watched }) =>
      [...watched]
        .filter((other) => this.#isOneSided(id, this.#byId.get(other)!))
        .map((other) => `${id} ${other}`),
    );
  }

  /** How many of those that are up hold this one for dead. */
  informedCount(id: string): number {
    return this.up.filter(({ view }) => view.get(id)?.state === "dead").length;
  }

  #isOneSided(id: string, { isUp, watched }: ModelNode): boolean {
    return isUp && !watched.has(id);
  }

  #step(): void {
    this.now += STEP_MS;
    const arriving = this.#underWay;
    this.#underWay = [];
    for (const { from, to, data } of arriving) {
      const node = this.#byId.get(to)!;
      if (!node.isUp) continue;
      node.hear(this.now, from, data);
      this.#collect(node);
    }
    for (const node of this.up) {
      if (node.strategy.dueAt > this.now) continue;
      node.strategy.handleTimeout(this.now);
      this.#collect(node);
    }
  }

  #collect({ id, commands }: ModelNode): void {
    for (const command of commands.splice(0)) {
      if (command.kind === "keep" || command.kind === "release") continue;
      this.sentCount += 1;
      if (command.kind !== "heartbeat") continue;
      const { to, data } = command;
      this.newsCountMax = Math.max(this.newsCountMax, data.news?.length ?? 0);
      this.#underWay.push({ from: id, to, data });
    }
  }
}
