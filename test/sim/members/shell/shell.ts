import { SYNC_REQUEST } from "../../../../generated/messages/sync/request.js";
import type {
  Command,
  MembershipCore,
  Output,
  Speaker,
} from "../../../../runtime/core/membership/contract.js";
import { KIND } from "../engine/kinds.js";
import type { Process, Program } from "../process/process.js";
import type { Dial, Host } from "../tcp/dial.js";
import type { Socket } from "../tcp/socket.js";
import type { CodecSample } from "./codec-sample.js";
import type { Frame, Question } from "./frame.js";
import { Joining } from "./joining.js";
import { Lines } from "./lines.js";
import { type Asked, Questions } from "./questions.js";
import { Upkeep } from "./upkeep.js";

/** Who watches a shell from outside. It may change nothing. */
export interface Watcher {
  /** What came of one call of the core; arrays are used again by the next. */
  see(shell: Shell, output: Output): void;
}

export interface ShellOptions {
  readonly process: Process;
  readonly core: MembershipCore;
  /** Who this node is on each connection. */
  readonly speaker: Speaker;
  find(address: string): Host | undefined;
  readonly watcher?: Watcher | undefined;
  /** Looks at what comes. */
  readonly sample?: CodecSample | undefined;
}

/**
 * What stands between the membership of one node and its connections: events go in as calls, commands come out as
 * frames, dials and timers. It decides nothing.
 */
export class Shell implements Program {
  // What each event needs comes first: it is in the cache then where the rest is not.
  readonly core: MembershipCore;
  readonly #process: Process;
  readonly #watcher: Watcher | undefined;
  readonly #sample: CodecSample | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** When the timer is due that comes first. */
  #timerAt = Number.POSITIVE_INFINITY;
  readonly lines: Lines;
  readonly greeting: Speaker;
  readonly #questions = new Questions();
  readonly #upkeep: Upkeep;
  readonly #joining: Joining;
  /** Whom a question of a peer is answered to, by the token that the core knows it by. */
  readonly #askers = new Map<number, { socket: Socket; id: number }>();
  #askerCount = 0;

  constructor({ process, core, speaker, find, watcher, sample }: ShellOptions) {
    this.#process = process;
    this.core = core;
    this.greeting = speaker;
    this.#watcher = watcher;
    this.#sample = sample;
    const addressOf = (peer: string) => core.rows.get(peer)?.facts.address;
    this.lines = new Lines({ process, find, addressOf });
    this.#joining = new Joining(process, find);
    const ended = (socket: Socket, isGoodbye: boolean) => this.handleClosed(socket, isGoodbye);
    this.#upkeep = new Upkeep(process, this.lines, ended);
  }

  get node(): number {
    return this.#process.node;
  }

  get id(): string {
    return this.greeting.id;
  }

  get epoch(): number {
    return this.greeting.epoch ?? -1;
  }

  get connectionCount(): number {
    return this.lines.openCount;
  }

  get questionCount(): number {
    return this.#questions.count;
  }

  get #now(): number {
    return this.#process.engine.now;
  }

  begin(): void {
    this.#upkeep.begin();
    this.core.start(this.#now);
    this.#carryOut();
  }

  /** Asks the first that answers at one of these addresses for its table. */
  join(addresses: readonly string[]): void {
    this.#joining.begin(addresses);
  }

  /** Does something with the core, as whoever uses the node would, and what comes of it. */
  act(work: (core: MembershipCore, now: number) => void): void {
    work(this.core, this.#now);
    this.#carryOut();
  }

  handleTimer(kind: number, subject: number): void {
    if (kind === KIND.wake) this.#wake();
    else if (kind === KIND.timeout) this.#timedOut(subject);
    else if (kind === KIND.upkeep) this.#upkeep.sweep();
    else if (kind === KIND.join) this.#joining.handleTimeout();
  }

  handleOpened(socket: Socket, dial: Dial | undefined): void {
    const speaker = socket.greeting as Speaker;
    const wanted = this.lines.opened(socket, speaker.id, dial);
    // Another node answers where the one that was meant used to be.
    if (wanted !== undefined && wanted !== speaker.id) this.#unreachable(wanted);
    this.core.handleOpened(this.#now, speaker);
    this.#carryOut();
    if (this.#joining.isDoneBy(dial)) this.#ask(speaker.id, JOIN, SYNC_REQUEST.timeoutMs);
  }

  handleClosed(socket: Socket, isGoodbye: boolean): void {
    const { id } = socket.greeting as Speaker;
    const isLast = this.lines.closed(socket, id);
    this.core.handleLost(this.#now, id, { isLast, goodbye: isGoodbye });
    this.#carryOut();
    if (isLast) this.#askAgain(id);
  }

  handleRefused(dial: Dial): void {
    this.#joining.refused(dial);
    const peer = this.lines.refused(dial);
    if (peer !== undefined) this.#unreachable(peer);
  }

  handleFrame(socket: Socket, frame: Frame): void {
    const speaker = socket.greeting as Speaker;
    this.#sample?.look(frame);
    if (frame.kind !== "ping" && frame.kind !== "pong") socket.wasUsed = true;
    switch (frame.kind) {
      case "heartbeat":
      case "announce":
      case "leave":
      case "suspect":
        this.core.handleMessage(this.#now, speaker, frame);
        break;
      case "ping":
        return socket.send({ kind: "pong", id: frame.id } satisfies Frame);
      case "pong":
        return this.#ponged(frame.id);
      case "probe":
        return this.#probed(socket, frame);
      case "probe-result":
        if (this.#questions.take(frame.id, "probe") === undefined) return;
        this.core.handleProbeResult(this.#now, frame.id, frame.data);
        break;
      case "sync": {
        const data = this.core.handleSyncRequest(this.#now, speaker, frame.data);
        return socket.send({ kind: "sync-response", id: frame.id, data } satisfies Frame);
      }
      case "sync-response":
        if (this.#questions.take(frame.id, "sync") === undefined) return;
        this.core.handleSyncResponse(this.#now, speaker, frame.id, frame.data);
        break;
    }
    this.#carryOut();
  }

  #ponged(id: number): void {
    const asked = this.#questions.take(id, "ping");
    if (asked === undefined) return;
    this.core.handlePong(this.#now, id, this.#now - asked.sentAt);
    this.#carryOut();
  }

  #probed(socket: Socket, { id, data }: Extract<Frame, { kind: "probe" }>): void {
    const token = ++this.#askerCount;
    this.#askers.set(token, { socket, id });
    this.core.handleProbe(this.#now, socket.greeting as Speaker, token, data);
    this.#carryOut();
  }

  #wake(): void {
    // A later timer that an earlier one has made superfluous.
    if (this.#now < this.#timerAt) return;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#now < this.#wakeAt) return this.#setTimer();
    // Whatever it asks for now is news.
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.core.handleTimeout(this.#now);
    this.#carryOut();
  }

  #timedOut(id: number): void {
    const asked = this.#questions.takeLate(id);
    if (asked === undefined) return;
    this.#fail(asked, "timeout");
    // Who is waited for by nobody is not dialled any longer.
    if (this.#questions.of(asked.to).length === 0) this.lines.giveUp(asked.to);
  }

  /** Whoever was dialled is not there. */
  #unreachable(peer: string): void {
    for (const asked of this.#questions.of(peer)) {
      this.#questions.takeLate(asked.frame.id);
      this.#fail(asked, "refused");
    }
  }

  /** What was asked on a connection that broke is asked on another, if one can be had. */
  #askAgain(peer: string): void {
    for (const { frame } of this.#questions.of(peer)) this.lines.send(peer, frame);
  }

  #fail({ to, frame: { kind, id } }: Asked, why: "refused" | "timeout"): void {
    if (kind === "ping") this.core.handleNoPong(this.#now, id, why);
    else if (kind === "probe") this.core.handleProbeResult(this.#now, id, undefined);
    else this.core.handleSyncResponse(this.#now, unheard(to), id, undefined);
    this.#carryOut();
  }

  #carryOut(): void {
    const output = this.core.takeOutput();
    this.#watcher?.see(this, output);
    const { commands, wakeAt } = output;
    if (commands.length > 0) for (const command of commands) this.#perform(command);
    if (wakeAt === this.#wakeAt) return;
    this.#wakeAt = wakeAt;
    this.#setTimer();
  }

  #perform(command: Command): void {
    switch (command.kind) {
      case "announce":
      case "heartbeat":
      case "leave":
      case "suspect":
        return this.lines.send(command.to, command);
      case "ping":
        return this.#ask(command.to, { kind: "ping", id: command.token }, command.timeoutMs);
      case "probe": {
        const { to, token, data, timeoutMs } = command;
        return this.#ask(to, { kind: "probe", id: token, data }, timeoutMs);
      }
      case "probe-result":
        return this.#reply(command);
      case "sync": {
        const { to, token, data } = command;
        return this.#ask(to, { kind: "sync", id: token, data }, SYNC_REQUEST.timeoutMs);
      }
      case "locate":
        return this.lines.locate(command.node, command.address);
      case "forget":
        return this.lines.forget(command.node);
      case "keep":
        this.#upkeep.keep(command.node);
        return this.lines.dial(command.node);
      case "release":
        return this.#upkeep.release(command.node);
      case "conflict":
    }
  }

  #ask(to: string, frame: Question, timeoutMs: number): void {
    this.#questions.add({ to, frame, sentAt: this.#now });
    this.#process.timer(this.#now + timeoutMs, KIND.timeout, frame.id);
    this.lines.send(to, frame);
  }

  #reply({ token, data }: Extract<Command, { kind: "probe-result" }>): void {
    const asker = this.#askers.get(token);
    this.#askers.delete(token);
    asker?.socket.send({ kind: "probe-result", id: asker.id, data } satisfies Frame);
  }

  /** Timers are in whole milliseconds and take one at least, as Node's are. */
  #setTimer(): void {
    const at = Math.ceil(this.#wakeAt);
    if (at >= this.#timerAt) return;
    this.#timerAt = Math.max(at, this.#now + 1);
    this.#process.timer(this.#timerAt, KIND.wake, 0);
  }
}

/** Asks for all of a table. No question of the core has this number. */
const JOIN: Question = { kind: "sync", id: -2, data: {} };

/** Who gave no answer, of whom nothing but the id is known. */
function unheard(id: string): Speaker {
  return { id, role: "node", epoch: undefined, speaks: false };
}
