import type { Occurrence } from "../../world/occurrence.js";
import { ChannelChecker } from "./runs.js";

type Of<Kind extends Occurrence["kind"]> = Extract<Occurrence, { kind: Kind }>;

/** An ack says what is so: its effect is there. */
export class AcksAreTrue extends ChannelChecker {
  override readonly rule = "what is acknowledged has been settled";
  readonly #ends = new Map<number, readonly [client: string, server: string]>();
  /** By direction, channel and epoch: the places that have been sent and are not settled. */
  readonly #open = new Map<string, Map<number, number>>();
  /** Acknowledged, and not handled: they have been given up, which is told when they are out of their outbox. */
  readonly #doubtful = new Set<number>();
  /** Nodes that do not know all that they have sent. */
  readonly #setBack = new Set<string>();
  readonly #placesOf = new Map<number, [open: Map<number, number>, seq: number][]>();

  protected override judge(occurrence: Occurrence): void {
    const run = this.runs.note(occurrence);
    switch (occurrence.kind) {
      case "dialled":
        return void this.#ends.set(occurrence.connection, [occurrence.node, occurrence.to]);
      case "copy":
        return this.#left(occurrence);
      case "handled":
        if (run?.end?.isFinal === true) this.#settled(run.message.call);
        return;
      case "settled":
      case "undelivered":
        this.#doubtful.delete(occurrence.call);
        return this.#settled(occurrence.call);
      case "disk":
        if (occurrence.event !== "failed") this.#setBack.add(occurrence.node);
        return;
      case "over":
        return this.#checkDoubtful();
      case "ack":
        if (occurrence.way === "out") this.#acknowledged(occurrence);
    }
  }

  #checkDoubtful(): void {
    for (const call of this.#doubtful) {
      const { from, life, isAwaited } = this.runs.get(call)!;
      // Whoever waited for it may have crashed before it could be told.
      const isGone = isAwaited && this.runs.lifeOf(from) > life;
      if (!isGone && !this.#setBack.has(from))
        this.fail(`call ${call} is acknowledged, and never ends`);
    }
  }

  #left({ node, to, channel, epoch, seq, call }: Of<"copy">): void {
    const open = this.#openIn(node, to, channel, epoch);
    const hasEnded = this.runs.get(call)!.runs.some(({ end }) => end?.isFinal === true);
    if (hasEnded || open.get(seq) === call) return;
    open.set(seq, call);
    const places = this.#placesOf.get(call) ?? [];
    this.#placesOf.set(call, places);
    places.push([open, seq]);
  }

  #settled(call: number): void {
    for (const [open, seq] of this.#placesOf.get(call) ?? []) {
      if (open.get(seq) === call) open.delete(seq);
    }
  }

  #acknowledged({ connection, node, channel, epoch, seq: upTo, beyond }: Of<"ack">): void {
    const [client, server] = this.#ends.get(connection)!;
    const from = node === client ? server : client;
    const named = new Set(beyond);
    for (const [seq, call] of this.#openIn(from, node, channel, epoch)) {
      if (seq > upTo && !named.has(seq)) continue;
      if (this.runs.get(call)!.isKept) this.#doubtful.add(call);
      else
        this.fail(`${node} acknowledges call ${call}, ${seq} of ${channel}, which is not settled`);
    }
  }

  #openIn(from: string, to: string, channel: string, epoch: number): Map<number, number> {
    const name = `${from} ${to} ${channel} ${epoch}`;
    const open = this.#open.get(name) ?? new Map<number, number>();
    this.#open.set(name, open);
    return open;
  }
}

/** Who has given a message up, and has said so, can rely on it. */
export class GivenUp extends ChannelChecker {
  override readonly rule = "what is below the floor that has come never begins any more";
  /** By call and connection: what its last copy said. */
  readonly #floors = new Map<string, number>();
  readonly #come = new Map<string, number>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind === "copy") {
      const { call, connection, floor } = occurrence;
      this.#floors.set(`${call} ${connection}`, floor);
    } else if (occurrence.kind === "arrived") this.#arrived(occurrence);
  }

  #arrived({ call, connection, place }: Of<"arrived">): void {
    const message = this.runs.get(call);
    if (message === undefined || place === undefined) return;
    const { from, to } = message;
    const name = `${from} ${to} ${this.runs.lifeOf(to)} ${place.channel} ${place.epoch}`;
    const floor = this.#come.get(name) ?? 0;
    if (place.seq < floor) this.fail(`call ${call} at ${place.seq} begins, below ${floor}`);
    this.#come.set(name, Math.max(floor, this.#floors.get(`${call} ${connection}`) ?? 0));
  }
}
