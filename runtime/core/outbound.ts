import { FrameBatch } from "../wire/frame-batch.js";
import type { MessageType } from "../wire/message-type.js";
import { EnvelopeWriter, type Heading } from "./envelope-writer.js";
import { toRnpError } from "./error.js";
import type { Host } from "./host.js";
import { MessageIds } from "./message-ids.js";
import type { TrafficMeter } from "./traffic-meter.js";

/** The envelope fields that the caller of `Outbound.write` chooses. */
export type HeadingOptions = Omit<Heading, "timestamp">;

/** Turns messages into frames, all of one connection into one batch until it is taken. */
export class Outbound {
  readonly #batch = new FrameBatch();
  readonly #ids: MessageIds;
  readonly #envelope: EnvelopeWriter;
  readonly #host: Host;
  readonly #meter: TrafficMeter;

  constructor(sender: string, host: Host, meter: TrafficMeter) {
    this.#ids = new MessageIds(host.newMessageId());
    this.#envelope = new EnvelopeWriter(sender, this.#ids);
    this.#host = host;
    this.#meter = meter;
  }

  /** From here on frames are written as the two sides agreed. */
  use(capabilities: ReadonlySet<string>): void {
    this.#batch.compression = capabilities.has("lz4");
    this.#batch.writer.bin = capabilities.has("bin");
  }

  /** An id for a message that something is to come back for. */
  newId(): string {
    return this.#ids.next();
  }

  /**
   * Adds one frame.
   *
   * @throws RnpError `PROTOCOL_ERROR` where `data` breaks its schema or the payload would be too large;
   *   the batch is then as it was.
   */
  write<Data>(type: MessageType<Data>, data: Data, flags: number, options: HeadingOptions): void {
    const { id, replyTo, deadlineMs, meta } = options;
    const heading = { id, timestamp: this.#host.unixTimeMs(), replyTo, deadlineMs, meta };
    this.#batch.begin(flags);
    try {
      this.#envelope.write(this.#batch.writer, type, heading, data);
      this.#batch.end();
    } catch (thrown) {
      this.#batch.rollback();
      throw toRnpError(thrown);
    }
    this.#meter.of(type.type).sent += 1;
  }

  /** The bytes of all frames since the last call, in pieces; none where there are no frames. */
  take(): readonly Uint8Array[] {
    return this.#batch.take();
  }
}
