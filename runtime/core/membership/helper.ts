import type { Command, ProbeData, ProbeResultData, Speaker } from "./contract.js";
import { type Due, DueQueue } from "./due-queue.js";
import type { Life } from "./news.js";
import { ProbeRate } from "./probe-rate.js";
import { LOOK_AGAIN_MS } from "./timing.js";

/** Members that are being asked on behalf of others at once. Each may cost a dial. */
const OPEN_COUNT_MAX = 16;

/** The helper tries for this part of the asker's time; the rest is for its answer to arrive in. */
const TRY_SHARE = 0.8;

/** How long an asker waits that does not say; also the limit of what it can ask for. */
const TIMEOUT_MS = { default: 1000, max: 60_000 };

export interface HelperOptions {
  /** The own node. */
  readonly node: string;
  readonly takeToken: () => number;
  /** The life of a member that is known; `undefined` for a stranger. */
  readonly lifeOf: (node: string) => Life | undefined;
  readonly addressOf: (node: string) => string | undefined;
  readonly commands: Command[];
}

/** One member that is being asked on behalf of another. `dueAt`: when "no" is the answer. */
interface Errand extends Due {
  readonly asker: string;
  /** The asker's token, with which it is answered. */
  readonly answerToken: number;
  readonly pingToken: number;
  readonly target: string;
  readonly isStranger: boolean;
}

/**
 * Asks members for a sign of life on behalf of others that do not hear them (SWIM, Das et al. 2002, section
 * 3.1). In real time, since it is owed to the asker.
 *
 * It answers "reachable" or "not reachable" only on what it has seen itself, and else says nothing: too many
 * errands, or a stall of its own meanwhile. Silence makes the asker doubt itself, a wrong "no" makes it
 * accuse. A stranger's address is dialled only for a member that agreed to the capability, and within the
 * same limits, so that nobody scans ports through this node.
 */
export class Helper {
  readonly #options: HelperOptions;
  readonly #rate = new ProbeRate();
  readonly #errands = new Map<number, Errand>();
  readonly #queue = new DueQueue<Errand>();

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#errands.size;
  }

  /** When `handleTimeout` has something to do, real time; `Infinity`: never. */
  get nextAt(): number {
    return this.#queue.nextAt;
  }

  /** A peer asks for help. The answer, if any, is a command `probe-result` with the same token. */
  handleProbe(now: number, from: Speaker, token: number, probe: ProbeData): void {
    if (!from.speaks || probe.target_node === from.id) return;
    if (this.#errands.size >= OPEN_COUNT_MAX || !this.#rate.take(now, from.id)) return;
    if (probe.target_node === this.#options.node) {
      return this.#say(from.id, token, probe.target_node, { reachable: true });
    }
    const isStranger = this.#options.lifeOf(probe.target_node) === undefined;
    const address = this.#options.addressOf(probe.target_node) ?? probe.target_address;
    if (isStranger && address === undefined) return;
    this.#run(now, { asker: from.id, answerToken: token, isStranger }, probe, address);
  }

  /** Returns the member that answered, if the token belongs to an errand. */
  handlePong(token: number, rttMs: number): string | undefined {
    const errand = this.#errands.get(token);
    if (errand !== undefined) this.#answer(errand, { reachable: true, rtt_ms: rttMs });
    return errand?.target;
  }

  /** Returns whether the token belongs to an errand. After a timeout the sockets are read once more. */
  handleNoPong(now: number, token: number, why: "refused" | "timeout"): boolean {
    const errand = this.#errands.get(token);
    if (errand === undefined) return false;
    if (why === "refused") this.#answer(errand, { reachable: false });
    else this.#answerAt(errand, Math.min(errand.dueAt, now + LOOK_AGAIN_MS));
    return true;
  }

  /** A sign of life from that member, however it came. */
  heard(node: string): void {
    if (this.#errands.size === 0) return;
    for (const errand of this.#errands.values()) {
      if (errand.target === node) this.#answer(errand, { reachable: true });
    }
  }

  /** This node slept, so it cannot say who did not answer: all errands end without an answer. */
  abandon(): void {
    for (const errand of this.#errands.values()) this.#close(errand);
  }

  handleTimeout(now: number): void {
    for (;;) {
      const errand = this.#queue.first;
      if (errand === undefined || errand.dueAt > now) return;
      this.#answer(errand, { reachable: false });
    }
  }

  #run(
    now: number,
    { asker, answerToken, isStranger }: Pick<Errand, "asker" | "answerToken" | "isStranger">,
    { target_node: target, timeout_ms = TIMEOUT_MS.default }: ProbeData,
    address: string | undefined,
  ): void {
    const { commands, takeToken } = this.#options;
    const timeoutMs = Math.min(timeout_ms, TIMEOUT_MS.max) * TRY_SHARE;
    const pingToken = takeToken();
    const dueAt = now + timeoutMs + LOOK_AGAIN_MS;
    const place = { dueAt, queuedAt: dueAt, queueIndex: -1 };
    const errand: Errand = { asker, answerToken, pingToken, target, isStranger, ...place };
    this.#errands.set(pingToken, errand);
    this.#queue.add(errand);
    if (isStranger && address !== undefined) {
      commands.push({ kind: "locate", node: target, address });
    }
    commands.push({ kind: "ping", to: target, token: pingToken, timeoutMs });
  }

  #answerAt(errand: Errand, at: number): void {
    errand.dueAt = at;
    this.#queue.hurry(errand);
  }

  #answer(errand: Errand, seen: Seen): void {
    this.#close(errand);
    this.#say(errand.asker, errand.answerToken, errand.target, seen);
  }

  #say(to: string, token: number, target: string, seen: Seen): void {
    const life = seen.reachable ? this.#options.lifeOf(target) : undefined;
    const data: ProbeResultData = { target_node: target, ...seen };
    if (life !== undefined)
      Object.assign(data, { epoch: life.epoch, incarnation: life.incarnation });
    this.#options.commands.push({ kind: "probe-result", to, token, data });
  }

  #close(errand: Errand): void {
    this.#errands.delete(errand.pingToken);
    this.#queue.remove(errand);
    if (errand.isStranger && !this.#isNeeded(errand.target)) {
      this.#options.commands.push({ kind: "forget", node: errand.target });
    }
  }

  /** Whether a stranger has become a member meanwhile, or another errand goes to it. */
  #isNeeded(target: string): boolean {
    if (this.#options.lifeOf(target) !== undefined) return true;
    return [...this.#errands.values()].some((errand) => errand.target === target);
  }
}

type Seen = Pick<ProbeResultData, "reachable" | "rtt_ms">;
