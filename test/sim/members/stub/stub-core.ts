import type {
  Command,
  MemberMessage,
  MembershipCore,
  Output,
  ProbeData,
  ProbeResultData,
  Speaker,
  SyncRequestData,
  SyncResponseData,
} from "../../../../runtime/core/membership/contract.js";
import type { Rows } from "../../../../runtime/core/membership/rows.js";

export interface StubOptions {
  readonly rows: Rows;
  readonly neighbours: readonly string[];
  /** Those of them that this node dials; the others dial it. */
  readonly kept?: readonly string[];
  /** Where others are, by name. */
  readonly addresses?: ReadonlyMap<string, string>;
  readonly heartbeatIntervalMs: number;
  /** When the first one is due. */
  readonly phaseMs: number;
}

/**
 * As little of a membership as makes the traffic of one, to try the world with: in four slots of each interval a
 * quarter of the neighbours gets a heartbeat, and one of all neighbours in turn a ping. It writes down what it hears.
 */
export class StubCore implements MembershipCore {
  readonly rows: Rows;
  readonly heard: [now: number, what: string][] = [];
  /** Whether what is heard is worth the memory. */
  isWriting = false;
  heartbeatCount = 0;
  pongCount = 0;
  readonly #options: StubOptions;
  readonly #output = { commands: [] as Command[], changes: [], wakeAt: Number.POSITIVE_INFINITY };
  #commands: Command[] = [];
  #slot = 0;
  #token = 0;

  constructor(options: StubOptions) {
    this.#options = options;
    this.rows = options.rows;
  }

  get livingCount(): number {
    return this.rows.size + 1;
  }

  start(now: number): void {
    this.#output.wakeAt = now + this.#options.phaseMs;
    const { addresses = new Map<string, string>() } = this.#options;
    for (const [node, address] of addresses) this.command({ kind: "locate", node, address });
    for (const node of this.#options.kept ?? []) this.command({ kind: "keep", node });
  }

  stop(): void {
    this.#output.wakeAt = Number.POSITIVE_INFINITY;
  }

  handleTimeout(now: number): void {
    const { neighbours, heartbeatIntervalMs } = this.#options;
    if (this.isWriting) this.#write(now, "timeout");
    this.#output.wakeAt = now + heartbeatIntervalMs / SLOT_COUNT;
    const slot = this.#slot++ % SLOT_COUNT;
    const data = { sequence: this.#slot, next_ms: heartbeatIntervalMs, news: [] };
    for (let index = slot; index < neighbours.length; index += SLOT_COUNT) {
      this.command({ kind: "heartbeat", to: neighbours[index]!, data });
    }
    const turn = (this.#slot / SLOT_COUNT) % neighbours.length;
    const to = neighbours[turn];
    if (slot === SLOT_COUNT - 1 && to !== undefined) {
      this.command({ kind: "ping", to, token: ++this.#token, timeoutMs: 500 });
    }
  }

  handleMessage(now: number, from: Speaker, message: MemberMessage): void {
    if (message.kind === "heartbeat") this.heartbeatCount += 1;
    if (this.isWriting) this.#write(now, `${message.kind} from ${from.id}`);
  }

  handlePong(now: number, token: number): void {
    this.pongCount += 1;
    if (this.isWriting) this.#write(now, `pong ${token}`);
  }

  handleNoPong(now: number, token: number, why: "refused" | "timeout"): void {
    if (this.isWriting) this.#write(now, `no pong ${token}: ${why}`);
  }

  handleProbe(now: number, from: Speaker, token: number, probe: ProbeData): void {
    if (this.isWriting) this.#write(now, `probe from ${from.id}`);
    const data = { target_node: probe.target_node, reachable: true };
    this.command({ kind: "probe-result", to: from.id, token, data });
  }

  handleProbeResult(now: number, token: number, result: ProbeResultData | undefined): void {
    if (this.isWriting) this.#write(now, `result ${token}: ${result?.reachable}`);
  }

  handleSyncRequest(_now: number, _from: Speaker, _request: SyncRequestData): SyncResponseData {
    return { members: [], services: [], full: true };
  }

  handleSyncResponse(
    now: number,
    from: Speaker,
    token: number,
    response: SyncResponseData | undefined,
  ): void {
    if (this.isWriting) this.#write(now, `sync ${token} from ${from.id}: ${response?.full}`);
  }

  handleOpened(now: number, peer: Speaker): void {
    if (this.isWriting) this.#write(now, `opened ${peer.id}`);
  }

  handleLost(now: number, node: string, how: { isLast: boolean; goodbye: boolean }): void {
    const which = how.isLast ? ", the last" : "";
    if (this.isWriting) this.#write(now, `lost ${node}${which}${how.goodbye ? ", goodbye" : ""}`);
  }

  leave(now: number): void {
    this.stop();
    if (this.isWriting) this.#write(now, "leave");
  }

  /** Asks the shell for the next `handleTimeout`. */
  wakeAt(ms: number): void {
    this.#output.wakeAt = ms;
  }

  /** Has the shell do something. */
  command(command: Command): void {
    this.#commands.push(command);
  }

  takeOutput(): Output {
    const read = this.#output.commands;
    this.#output.commands = this.#commands;
    this.#commands = read;
    if (read.length > 0) read.length = 0;
    return this.#output;
  }

  #write(now: number, what: string): void {
    this.heard.push([now, what]);
  }
}

const SLOT_COUNT = 4;
