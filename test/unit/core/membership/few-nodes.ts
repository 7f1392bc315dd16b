import type { Command, ProbeData } from "../../../../runtime/core/membership/contract.js";
import { Detector } from "../../../../runtime/core/membership/detector.js";
import { compareLife, type Life, type News } from "../../../../runtime/core/membership/news.js";
import type { Verdict } from "../../../../runtime/core/membership/surroundings.js";
import type { MembershipTiming } from "../../../../runtime/core/membership/timing.js";

type Told = Extract<Verdict, { kind: "tell" }>;

interface Options {
  readonly nodes: readonly string[];
  readonly timing: MembershipTiming;
  readonly random?: () => number;
  readonly localHealth?: boolean;
  /** One way. */
  readonly latencyMs?: number;
}

/**
 * A few nodes that send heartbeats to each other on simulated time, each with a detector and as little
 * around it as it needs: a state for each other node, moved by its verdicts and by what others tell.
 */
export class FewNodes {
  now = 0;
  /** What was found: `31000 a suspect b`. Verdicts that change nothing are left out. */
  readonly log: string[] = [];
  /** What was asked: `30000 a ping b`, `32000 a probe c`. */
  readonly asked: string[] = [];
  readonly nodes = new Map<string, FewNode>();
  readonly #events: { at: number; run: () => void }[] = [];
  readonly #cuts = new Set<string>();

  readonly options: Options;

  constructor(options: Options) {
    this.options = options;
    for (const name of options.nodes) this.nodes.set(name, new FewNode(name, this));
    for (const node of this.nodes.values()) node.begin();
  }

  node(name: string): FewNode {
    return this.nodes.get(name)!;
  }

  /** Bytes from one no longer reach the other. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`);
  }

  at(at: number, run: () => void): void {
    const place = this.#events.findIndex((event) => event.at > at);
    this.#events.splice(place < 0 ? this.#events.length : place, 0, { at, run });
  }

  /** Carries `arrive` over the network. */
  send(from: string, to: string, arrive: (node: FewNode) => void): void {
    const node = this.node(to);
    if (this.#cuts.has(`${from} ${to}`)) return;
    this.at(this.now + (this.options.latencyMs ?? 1), () => node.receive(() => arrive(node)));
  }

  runUntil(until: number): this {
    for (let event = this.#events[0]; event !== undefined && event.at <= until; ) {
      this.#events.shift();
      this.now = event.at;
      event.run();
      event = this.#events[0];
    }
    this.now = until;
    return this;
  }
}

export class FewNode {
  readonly states = new Map<string, "alive" | "suspect" | "dead">();
  readonly lives = new Map<string, Life>();
  readonly commands: Command[] = [];
  readonly verdicts: Verdict[] = [];
  readonly detector: Detector;
  up: "running" | "stopped" | "killed" | "vanished" = "running";
  life: Life = { epoch: 1, incarnation: 0 };
  beats = true;
  readonly #world: FewNodes;
  readonly #name: string;
  #timers: (() => void)[] = [];
  #inbox: (() => void)[] = [];
  #lastToken = 0;
  #wake = 0;
  readonly #answers = new Map<number, (data: never) => void>();

  constructor(name: string, world: FewNodes) {
    this.#name = name;
    this.#world = world;
    const { random = () => 0.5, ...options } = world.options;
    const living = () => [...this.states].filter(([, state]) => state !== "dead");
    this.detector = new Detector({
      ...options,
      random,
      node: name,
      takeToken: () => ++this.#lastToken,
      commands: this.commands,
      verdicts: this.verdicts,
      surroundings: {
        get livingCount() {
          return living().length + 1;
        },
        voterCount: (node) => living().filter(([other]) => other !== node).length + 1,
        helpersFor: (node, countMax) =>
          [...this.states]
            .filter(([other, state]) => other !== node && state === "alive")
            .map(([other]) => other)
            .slice(0, countMax),
        lifeOf: (node) => this.lives.get(node),
        addressOf: (node) => `${node}:7946`,
      },
    });
  }

  begin(): void {
    const { timing } = this.#world.options;
    for (const other of this.#others) {
      this.states.set(other, "alive");
      this.lives.set(other, { epoch: 1, incarnation: 0 });
      this.do(() => {
        this.detector.watch(0, other, { epoch: 1, incarnation: 0 }, timing.heartbeatIntervalMs);
      });
    }
    this.#beat();
  }

  /** Comes in from the network: not at all where nobody is, later where nobody looks. */
  receive(arrive: () => void): void {
    if (this.up === "stopped") this.#inbox.push(arrive);
    if (this.up === "running") this.do(arrive);
  }

  /** As SIGCONT does it: timers first, then the sockets. */
  resume(): void {
    this.up = "running";
    for (const run of [...this.#timers.splice(0), ...this.#inbox.splice(0)]) this.do(run);
  }

  /** Something happens to this node; then it does what its detector wants. */
  do(happen: () => void): void {
    happen();
    for (const command of this.commands.splice(0)) this.#carryOut(command);
    for (const verdict of this.verdicts.splice(0)) this.#apply(verdict);
    const wake = ++this.#wake;
    const wakeAt = this.detector.askForWake();
    if (wakeAt === Number.POSITIVE_INFINITY) return;
    const isLatest = () => wake === this.#wake;
    this.#later(
      Math.max(wakeAt, this.#world.now),
      () => this.detector.handleTimeout(this.#world.now),
      isLatest,
    );
  }

  get #others(): string[] {
    return this.#world.options.nodes.filter((other) => other !== this.#name);
  }

  #later(at: number, run: () => void, isWanted = () => true): void {
    this.#world.at(at, () => {
      if (!isWanted()) return;
      if (this.up === "stopped") this.#timers.push(run);
      if (this.up === "running") this.do(run);
    });
  }

  #beat(): void {
    const { heartbeatIntervalMs } = this.#world.options.timing;
    const { life } = this;
    for (const other of this.beats ? this.#others : []) {
      this.#world.send(this.#name, other, (node) => node.#hear(this.#name, life));
    }
    this.#later(this.#world.now + heartbeatIntervalMs, () => this.#beat());
  }

  #hear(from: string, life: Life): void {
    const { heartbeatIntervalMs } = this.#world.options.timing;
    if (compareLife(life, this.lives.get(from)!) > 0) this.#renew(from, life);
    this.detector.heard(this.#world.now, from, life, heartbeatIntervalMs);
  }

  #renew(node: string, life: Life): void {
    this.lives.set(node, life);
    this.states.set(node, "alive");
    this.detector.renewed(this.#world.now, node, life);
    this.detector.watch(this.#world.now, node, life);
  }

  #carryOut(command: Command): void {
    if (command.kind === "ping" || command.kind === "probe") {
      this.#world.asked.push(`${this.#world.now} ${this.#name} ${command.kind} ${command.to}`);
    }
    if (command.kind === "ping") this.#ping(command.to, command.token, command.timeoutMs);
    if (command.kind === "probe") this.#probe(command);
    if (command.kind === "probe-result") this.#answers.get(command.token)!(command.data as never);
  }

  #ping(to: string, token: number, timeoutMs: number): void {
    const world = this.#world;
    const sentAt = world.now;
    const fail = (why: "refused" | "timeout") => () =>
      void this.detector.handleNoPong(world.now, token, why);
    this.#later(sentAt + timeoutMs, fail("timeout"));
    if (world.node(to).up === "killed") this.#later(sentAt + 2, fail("refused"));
    world.send(this.#name, to, () => {
      world.send(to, this.#name, (me) => {
        me.detector.handlePong(world.now, token, world.now - sentAt);
      });
    });
  }

  #probe(command: { to: string; token: number; data: ProbeData; timeoutMs: number }): void {
    const { to, token, data, timeoutMs } = command;
    const world = this.#world;
    const from = { id: this.#name, role: "node", epoch: 1, speaks: true } as const;
    this.#later(world.now + timeoutMs, () => {
      this.detector.handleProbeResult(world.now, token, undefined);
    });
    world.send(this.#name, to, (helper) => {
      const helperToken = ++helper.#lastToken;
      helper.#answers.set(helperToken, (result) => {
        world.send(to, this.#name, (me) => {
          me.detector.handleProbeResult(world.now, token, result);
        });
      });
      helper.detector.handleProbe(world.now, from, helperToken, data);
    });
  }

  #apply(verdict: Verdict): void {
    if (verdict.kind === "isolated") return void this.#note("isolated", "");
    if (verdict.kind === "unheld") {
      return void this.do(() => this.#told(verdict.news, verdict.news.accusers ?? []));
    }
    const { kind, node } = verdict;
    if (kind === "alive" && this.states.get(node) === "alive") return;
    this.#note(kind === "tell" ? `tell-${verdict.state}` : kind, node);
    if (kind === "tell") return this.#tell(verdict);
    this.states.set(node, kind);
    if (kind === "dead") this.detector.unwatch(node);
  }

  #tell({ node, state, epoch, incarnation, accusers }: Told): void {
    const news: News = { node, state, epoch, incarnation, accusers };
    for (const other of this.#others) {
      this.#world.send(this.#name, other, (it) => {
        if (other === node) it.#refute(news);
        else it.#told(news, accusers, { isHeld: true });
      });
    }
  }

  #refute(news: News): void {
    if (compareLife(news, this.life) < 0) return;
    this.life = { epoch: news.epoch, incarnation: news.incarnation + 1 };
    this.detector.refuted();
    const { life } = this;
    for (const other of this.#others) {
      this.#world.send(this.#name, other, (it) => it.#hear(this.#name, life));
    }
  }

  #told(news: News, accusers: readonly string[], { isHeld = false } = {}): void {
    const { now } = this.#world;
    const { node } = news;
    if (compareLife(news, this.lives.get(node)!) !== 0 || this.states.get(node) === "dead") return;
    if (isHeld && this.detector.isHeardLately(now, node, news)) {
      return this.detector.holdBack(now, news);
    }
    if (news.state === "dead" && accusers.length >= 2) {
      this.states.set(node, "dead");
      this.#note("buried", node);
      return this.detector.gone(node);
    }
    this.states.set(node, "suspect");
    this.detector.suspected(now, node, news, accusers);
  }

  #note(kind: string, node: string): void {
    this.#world.log.push(`${this.#world.now} ${this.#name} ${kind} ${node}`.trim());
  }
}
