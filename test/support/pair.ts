import { MESSAGES } from "../../generated/dispatch.js";
import { Connection } from "../../runtime/core/connection.js";
import type {
  ConnectionEvent,
  ConnectionOptions,
  ConnectionTiming,
  Side,
} from "../../runtime/core/connection-types.js";
import type { Sessions } from "../../runtime/core/delivery/receiving/sessions.js";
import type { LocalNode } from "../../runtime/core/handshake.js";
import type { InboundMessage } from "../../runtime/core/inbound.js";
import type { SecretPolicy } from "../../runtime/core/message-protection.js";
import { TrafficMeter } from "../../runtime/core/traffic-meter.js";

export const TIMING: ConnectionTiming = {
  helloTimeoutMs: 2000,
  keepaliveIntervalMs: 60_000,
  keepalivePatienceMs: 10_000,
  drainMs: 5000,
};

const UNIX_EPOCH_MS = 1_705_075_200_000;

/** One end of a pair: its connection, all that happened to it, and the bytes it wants to send. */
export class End {
  readonly connection: Connection;
  readonly events: ConnectionEvent[] = [];
  readonly meter: TrafficMeter;
  wakeAt: number | undefined;
  ended = false;
  readonly #outgoing: Uint8Array[] = [];

  constructor(options: ConnectionOptions) {
    this.connection = new Connection(0, options);
    this.meter = options.meter;
    this.collect();
  }

  collect(): void {
    const { writes, events, wakeAt } = this.connection.takeOutput();
    this.#outgoing.push(...writes);
    this.events.push(...events);
    this.wakeAt = wakeAt;
  }

  takeBytes(): Uint8Array[] {
    return this.#outgoing.splice(0);
  }

  /** The events of one kind, oldest first. */
  all<Kind extends ConnectionEvent["kind"]>(kind: Kind) {
    return this.events.filter(
      (event): event is Extract<ConnectionEvent, { kind: Kind }> => event.kind === kind,
    );
  }

  get messages(): InboundMessage[] {
    return this.all("message");
  }
}

export interface PairOptions {
  readonly client?: Partial<LocalNode>;
  readonly server?: Partial<LocalNode>;
  readonly timing?: Partial<ConnectionTiming>;
  /** The secrets of each side. Default: none, messages are not authenticated. */
  readonly secrets?: { readonly client?: SecretPolicy; readonly server?: SecretPolicy };
  /** Of both sides. */
  readonly nonce?: string;
  /** What the server has received over earlier connections. */
  readonly sessions?: Sessions;
}

/** Two connections joined by variables, on simulated time. */
export class Pair {
  now = 0;
  readonly client: End;
  readonly server: End;
  /** While cut, bytes vanish: neither side hears of it. */
  isCut = false;

  readonly #nonce: string;

  constructor({ client, server, timing, sessions, secrets, nonce }: PairOptions = {}) {
    this.#nonce = nonce ?? "00112233445566778899aabbccddeeff";
    const node1 = localNode("node-1", "node", client);
    const controller = localNode("controller-1", "controller", server);
    const common = { timing: { ...TIMING, ...timing } };
    this.client = new End({
      ...this.#options("client", node1),
      ...common,
      secrets: secrets?.client,
      peer: certified(controller),
    });
    this.server = new End({
      ...this.#options("server", controller),
      ...common,
      secrets: secrets?.server,
      sessions,
      peer: certified(node1),
    });
  }

  /** A pair whose handshake is done. */
  static open(options?: PairOptions): Pair {
    const pair = new Pair(options);
    pair.settle();
    return pair;
  }

  /** Carries bytes both ways until neither side has any left. */
  settle(): void {
    for (;;) {
      this.client.collect();
      this.server.collect();
      const toServer = this.client.takeBytes();
      const toClient = this.server.takeBytes();
      if (toServer.length + toClient.length === 0) break;
      if (this.isCut) continue;
      for (const bytes of toServer) this.server.connection.handleBytes(this.now, bytes);
      for (const bytes of toClient) this.client.connection.handleBytes(this.now, bytes);
    }
    this.#carryEnd(this.client, this.server);
    this.#carryEnd(this.server, this.client);
  }

  /** Lets time pass, jumping from one wake-up to the next. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.settle();
      const next = Math.min(this.client.wakeAt ?? end, this.server.wakeAt ?? end, end);
      if (next >= end) break;
      this.now = Math.max(next, this.now);
      this.client.connection.handleTimeout(this.now);
      this.server.connection.handleTimeout(this.now);
    }
    this.now = end;
    this.client.connection.handleTimeout(this.now);
    this.server.connection.handleTimeout(this.now);
    this.settle();
  }

  #carryEnd(from: End, to: End): void {
    if (from.wakeAt !== undefined || from.ended || this.isCut) return;
    from.ended = true;
    to.connection.handleEnd();
    to.collect();
  }

  #options(side: Side, local: LocalNode) {
    let count = 0;
    const newId = () =>
      `00000000-0000-4000-8000-${`${side === "client" ? 1 : 2}`.padEnd(8, "0")}${String(++count).padStart(4, "0")}`;
    return {
      side,
      local,
      messages: MESSAGES,
      meter: new TrafficMeter(),
      host: {
        unixTimeMs: () => UNIX_EPOCH_MS + Math.floor(this.now),
        newMessageId: newId,
        newNonce: () => this.#nonce,
      },
    };
  }
}

export function localNode(
  id: string,
  role: "node" | "controller",
  overrides: Partial<LocalNode> = {},
): LocalNode {
  const capabilities = ["lz4", "bin", "flow", "streams", "delivery"];
  return { id, role, cluster: "test", bootEpochMs: UNIX_EPOCH_MS, capabilities, ...overrides };
}

function certified({ id, role, cluster }: LocalNode) {
  return { id, role, cluster };
}
