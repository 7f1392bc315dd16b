import type { MessageType } from "../wire/message-type.js";
import { RnpError } from "./error.js";
import type { LocalNode } from "./handshake.js";
import type { PeerIdentity } from "./identity.js";
import type { TrafficMeter, TypeTraffic } from "./traffic-meter.js";

/** What a connection needs to know about the messages of one type, looked up once. */
export interface Route {
  readonly type: MessageType;
  readonly traffic: TypeTraffic;
  /** Whether it answers requests, and may then begin without credit. */
  readonly isAnswer: boolean;
  /** Why such messages may not travel from this peer to this node; `undefined` where they may. */
  readonly refusal: RnpError | undefined;
}

/** The routes of one connection. Messages of one type come in rows, so the last one is at hand. */
export class Routes {
  readonly #peer: PeerIdentity;
  readonly #local: LocalNode;
  readonly #meter: TrafficMeter;
  readonly #answerTypes: ReadonlySet<string>;
  readonly #byType = new Map<MessageType, Route>();
  #last: Route | undefined;

  constructor(
    peer: PeerIdentity,
    local: LocalNode,
    meter: TrafficMeter,
    messages: ReadonlyMap<string, MessageType>,
  ) {
    this.#answerTypes = answerTypesOf(messages);
    this.#peer = peer;
    this.#local = local;
    this.#meter = meter;
  }

  of(type: MessageType): Route {
    if (this.#last?.type === type) return this.#last;
    const route = this.#byType.get(type) ?? this.#add(type);
    this.#last = route;
    return route;
  }

  #add(type: MessageType): Route {
    const refusal = this.#refusalOf(type);
    const isAnswer = this.#answerTypes.has(type.type);
    const route = { type, traffic: this.#meter.of(type.type), isAnswer, refusal };
    this.#byType.set(type, route);
    return route;
  }

  /** The schema says between which roles a message travels. */
  #refusalOf(type: MessageType): RnpError | undefined {
    const { from, to } = type;
    if (!from.includes(this.#peer.role)) {
      return unauthorized(
        type,
        `from ${from.join(" or ")}, not from a ${this.#peer.role}`,
        this.#peer,
      );
    }
    if (!to.includes(this.#local.role)) {
      return unauthorized(type, `to ${to.join(" or ")}, not to a ${this.#local.role}`, this.#peer);
    }
    return undefined;
  }
}

const ANSWER_TYPES = new WeakMap<ReadonlyMap<string, MessageType>, ReadonlySet<string>>();

/** Found out once for all connections. */
function answerTypesOf(messages: ReadonlyMap<string, MessageType>): ReadonlySet<string> {
  let types = ANSWER_TYPES.get(messages);
  if (types === undefined) {
    types = new Set([...messages.values()].flatMap(({ answer }) => answer?.type ?? []));
    ANSWER_TYPES.set(messages, types);
  }
  return types;
}

function unauthorized({ type }: MessageType, way: string, { id, role }: PeerIdentity): RnpError {
  const rule = `${type} goes ${way}`;
  return new RnpError("UNAUTHORIZED", rule, {
    details: { rule, message_type: type, identity: id, role },
    outcome: "rejected",
  });
}
