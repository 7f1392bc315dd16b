import { FrameBatch } from "../wire/frame-batch.js";
import type { MessageType } from "../wire/message-type.js";
import { violationFault } from "../wire/violation.js";
import { type Heading, writePayload } from "./envelope.js";
import { toRnpError } from "./error.js";
import type { Host } from "./host.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** The envelope fields that the caller of `Outbound.write` chooses. */
export interface HeadingOptions extends Omit<Heading, "id" | "timestamp" | "sender"> {
  /** Default: a new one. */
  readonly id?: string | undefined;
}

/** Turns messages into frames, all of one connection into one batch until it is taken. */
export class Outbound {
  readonly #batch = new FrameBatch();
  readonly #sender: string;
  readonly #host: Host;
  readonly #meter: TrafficMeter;

  constructor(sender: string, host: Host, meter: TrafficMeter) {
    this.#sender = sender;
    this.#host = host;
    this.#meter = meter;
  }

  /** From here on frames are written as the two sides agreed. */
  use(capabilities: ReadonlySet<string>): void {
    this.#batch.compression = capabilities.has("lz4");
    this.#batch.writer.bin = capabilities.has("bin");
  }

  /**
   * Adds one frame and returns its message id.
   *
   * @throws RnpError `PROTOCOL_ERROR` where `data` breaks its schema or the payload would be too large;
   *   the batch is then as it was.
   */
  write<Data>(type: MessageType<Data>, data: Data, flags: number, options: HeadingOptions): string {
    const violation = type.invalid(data);
    if (violation !== undefined) throw toRnpError(violationFault(type.type, violation));
    const heading = {
      ...options,
      id: options.id ?? this.#host.newMessageId(),
      timestamp: this.#host.unixTimeMs(),
      sender: this.#sender,
    };
    this.#batch.begin(flags);
    try {
      writePayload(this.#batch.writer, type, heading, data);
      this.#batch.end();
    } catch (thrown) {
      this.#batch.rollback();
      throw toRnpError(thrown);
    }
    this.#meter.of(type.type).sent += 1;
    return heading.id;
  }

  /** The bytes of all frames since the last call, or `undefined` where there are none. */
  take(): Uint8Array | undefined {
    return this.#batch.size === 0 ? undefined : this.#batch.take();
  }
}
