import type { PackReader } from "./pack-reader.js";
import type { PackWriter } from "./pack-writer.js";
import type { Violation } from "./violation.js";

/** What a node is in its cluster, as its certificate says. */
export type Role = "node" | "controller";

/** The group of connections on which a message travels, so that bulk never delays a heartbeat. */
export type PoolName = "control" | "peer" | "data";

/** What the schema promises for a message unless the caller asks for more. */
export type Delivery = "at-most-once" | "at-least-once" | "exactly-once";

/** All that the runtime needs to know about one message type. The generator writes one per type. */
export interface MessageType<Data = unknown, Answer = unknown> {
  /** The name on the wire, for example `mesh.query`. */
  readonly type: string;
  /** `connection`: handled by the connection itself and never seen by a handler. */
  readonly layer: "connection" | "application";
  /** Roles that may send it. */
  readonly from: readonly Role[];
  /** Roles that may receive it. */
  readonly to: readonly Role[];
  readonly pool: PoolName;
  readonly delivery: Delivery;
  /** The type that answers this one, or `undefined` where this is no request. */
  readonly answer: MessageType<Answer> | undefined;
  /** The type of the items where many messages answer this one, else `undefined`; see `StreamType`. */
  readonly stream: MessageType | undefined;
  /** Whether it needs no credit: all of the connection layer, and what the schema exempts. */
  readonly isControl: boolean;
  /** Whether its messages in one channel are handled one after the other; else as they come. */
  readonly isOrdered: boolean;
  /**
   * Pairs of a request field and the answer field that has the same value: how an answer is matched
   * when the peer does not know `reply_to`.
   */
  readonly match: readonly (readonly [string, string])[];
  /** How long a request waits unless the caller says; 0 where this is no request, or a stream. */
  readonly timeoutMs: number;
  /** Size of the largest `data` that the schema allows, encoded, in bytes. */
  readonly sizeMax: number;

  /**
   * Puts the constant beginning of its envelope at `at` and returns the offset behind it: the head of a map
   * of five fields, the type, and `id` up to its 36 characters. At most 256 bytes.
   */
  putHead(view: DataView, at: number): number;
  /**
   * Checks and writes `data`. `false`: it is not as the closed schema says, or in a form that is left to
   * the reference path; what was written until then does not count. `encodeData` does both.
   */
  encode(writer: PackWriter, data: Data): boolean;
  /**
   * Reads and checks data in the form that encoders write. `undefined`: it came in another form, and
   * `accept` decides.
   */
  decode(reader: PackReader): Data | undefined;
  /**
   * The reference path: takes what the reference decoder gave. Fields that the schema does not know are
   * dropped, enum values that it does not know are kept unless it is closed. Throws `WireFault` otherwise.
   */
  accept(value: unknown): Data;
  /** The first rule of the closed schema that `data` breaks, or `undefined`. */
  invalid(data: unknown): Violation | undefined;
}

/** A request that a stream of `Item` answers, then an end. */
export interface StreamType<Data = unknown, Item = unknown> extends MessageType<Data> {
  readonly stream: MessageType<Item>;
}

/** The one thing that a generated client needs from the runtime. */
export interface Caller<RequestOptions, SendOptions> {
  /** Sends a request and settles with its answer. */
  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options?: RequestOptions,
  ): Promise<Answer>;
  /** Sends a message that has no answer and settles once its delivery is as promised. */
  send<Data>(type: MessageType<Data>, data: Data, options?: SendOptions): Promise<void>;
  /** Sends a request for a stream and gives its items as they come; leaving the iteration cancels it. */
  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options?: RequestOptions,
  ): AsyncIterableIterator<Item>;
}
