import type { Occurrence } from "../../world/occurrence.js";
import { ChannelChecker, type Message } from "./runs.js";

type Copy = Extract<Occurrence, { kind: "copy" }>;

const WINDOW = 1024;

/** The places of one channel, in one life of its sender. */
interface Numbering {
  epoch: number;
  floor: number;
  next: number;
  /** Those that have left and are not settled. */
  readonly open: Map<number, Message>;
}

/** A sender numbers its messages without gap or repetition, in a window that begins at its floor. */
export class Numbers extends ChannelChecker {
  override readonly rule =
    "each message has one place, in a window that begins at what is not settled";
  readonly #numberings = new Map<string, Numbering>();
  /** A floor has just passed these: whoever gave them up says so at the same time. */
  #passed: Message[] = [];
  #passedAt = 0;

  protected override judge(occurrence: Occurrence, at: number): void {
    if (at > this.#passedAt) this.#checkPassed(at);
    this.runs.note(occurrence);
    if (occurrence.kind === "copy") this.#left(occurrence);
  }

  #left(copy: Copy): void {
    const { node, life, to, channel, epoch, seq, floor, call } = copy;
    const name = `${node} ${life} ${to} ${channel}`;
    const known = this.#numberings.get(name);
    if (known !== undefined && epoch < known.epoch) this.fail(`call ${call}: the epoch goes back`);
    const isNew = known === undefined || epoch !== known.epoch;
    const numbering = isNew ? { epoch, floor: 1, next: 1, open: new Map() } : known;
    // It goes on where an earlier life was.
    if (isNew && this.runs.get(call)!.isKept) numbering.next = seq;
    this.#numberings.set(name, numbering);
    this.#place(numbering, copy, this.runs.get(call)!);
    if (floor < numbering.floor) this.fail(`call ${call}: the floor falls to ${floor}`);
    numbering.floor = floor;
    for (const [place, message] of numbering.open) {
      // That one of an outbox is given up is told when it is out of there; see `NothingLost`.
      if (place < floor && !message.isKept && !isSettled(message)) this.#passed.push(message);
      if (place < floor || isSettled(message)) numbering.open.delete(place);
    }
    if (seq < floor || seq >= floor + WINDOW) this.fail(`call ${call} at ${seq}, floor ${floor}`);
    if (numbering.open.size > WINDOW) this.fail(`${numbering.open.size} are unsettled in ${name}`);
  }

  #checkPassed(at: number): void {
    for (const message of this.#passed) {
      if (!isSettled(message))
        this.fail(`the floor passes call ${message.call}, which still waits`);
    }
    this.#passed = [];
    this.#passedAt = at;
  }

  #place(numbering: Numbering, { seq, call }: Copy, message: Message): void {
    const { open, next } = numbering;
    // What was given up before it was sent leaves a gap, where numbers are given when messages are taken.
    if (seq > next && !message.isKept)
      this.fail(`call ${call} at ${seq} leaves a gap behind ${next - 1}`);
    else if (seq < next && open.get(seq)?.call !== call) {
      this.fail(`call ${call} at ${seq} takes the place of ${open.get(seq)?.call}`);
    }
    open.set(seq, message);
    numbering.next = Math.max(next, seq + 1);
  }
}

/** In its channel. One of an outbox is until its end there, which may be later or in another life. */
function isSettled({ settled, isById, isKept }: Message): boolean {
  return !isKept && (settled !== undefined || isById);
}

/** What is over is over; and TCP does not lose what it carries. */
export class NoVainCopies extends ChannelChecker {
  override readonly rule =
    "nothing is sent again that is settled, or that its connection still carries";
  /** By connection and call: how many errors had come by that connection when it left. */
  readonly #left = new Map<string, number>();
  readonly #errors = new Map<string, number>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind === "copy") this.#judgeCopy(occurrence);
    else if (
      occurrence.kind === "frame" &&
      occurrence.type === "error" &&
      occurrence.way === "in"
    ) {
      const name = `${occurrence.connection} ${occurrence.node}`;
      this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1);
    }
  }

  #judgeCopy({ call, connection, node, life, epoch }: Copy): void {
    const message = this.runs.get(call)!;
    // Another life may not know it.
    const isKnown = message.settled !== undefined && message.life === life;
    if (isKnown) this.fail(`call ${call} is sent after it was settled`);
    const name = `${connection} ${call}`;
    const before = this.#left.get(name);
    const errors = this.#errors.get(`${connection} ${node}`) ?? 0;
    this.#left.set(name, errors);
    if (before === undefined) return;
    // One that came first by another connection may have been refused for now by then.
    const last = message.runs.length === 1 ? message.runs[0] : undefined;
    if (before === errors) this.fail(`call ${call} is sent on ${connection} once more`);
    // Of another epoch the receiver knows nothing.
    const isThere = last?.life === this.runs.lifeOf(message.to) && last.place?.epoch === epoch;
    if (before !== errors && isThere && last.end?.isFinal === true) {
      this.fail(`call ${call} is sent again, and was ${last.end.well ? "handled" : "refused"}`);
    }
  }
}
