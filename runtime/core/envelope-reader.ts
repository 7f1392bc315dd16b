import { ConstantRun } from "../wire/constant-run.js";
import type { MessageType } from "../wire/message-type.js";
import type { PackReader } from "../wire/pack-reader.js";
import { PackWriter } from "../wire/pack-writer.js";

/** Every byte by what it is in a lower-case UUID: 1 where it is a hex digit. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(/[0-9a-f]/.test(String.fromCharCode(byte))),
);
const DASH = 0x2d;
const ID_SIZE = 36;
const REQUIRED_COUNT = 5;
/** The bounds of `schema/envelope.schema.json`. */
const TIMESTAMP_MAX = 253_402_300_799_999;
const DEADLINE_MS_MAX = 2_147_483_647;

/**
 * Reads the envelopes of one connection as `EnvelopeWriter` writes them: fields in canonical order, and the
 * sender whom the certificate names, so that its name is compared and not built. Whatever else comes is
 * declined, for the reference path to judge.
 *
 * The fields hold the last envelope that was read; an object for each message would be garbage at once.
 */
export class EnvelopeReader {
  type!: MessageType;
  id = "";
  timestamp = 0;
  replyTo: string | undefined;
  deadlineMs: number | undefined;

  readonly #messages: ReadonlyMap<string, MessageType>;
  readonly #sender: ConstantRun;

  constructor(sender: string, messages: ReadonlyMap<string, MessageType>) {
    this.#messages = messages;
    this.#sender = runOf([], "sender", sender);
  }

  /** Reads up to the data. `false`: declined. */
  read(reader: PackReader): boolean {
    let extra = reader.mapHeader() - REQUIRED_COUNT;
    if (!(extra >= 0 && extra <= 2) || !reader.skip(TYPE)) return false;
    const type = this.#messages.get(reader.string() ?? "");
    if (type === undefined || !reader.skip(ID)) return false;
    this.type = type;
    const id = readId(reader);
    if (id === undefined || !reader.skip(TIMESTAMP)) return false;
    this.id = id;
    this.timestamp = reader.integer();
    if (!(this.timestamp >= 0 && this.timestamp <= TIMESTAMP_MAX) || !reader.skip(this.#sender))
      return false;
    this.replyTo = undefined;
    if (extra > 0 && reader.skip(REPLY_TO)) {
      this.replyTo = readId(reader);
      if (this.replyTo === undefined) return false;
      extra -= 1;
    }
    this.deadlineMs = undefined;
    if (extra > 0 && reader.skip(DEADLINE_MS)) {
      this.deadlineMs = reader.integer();
      if (!(this.deadlineMs >= 0 && this.deadlineMs <= DEADLINE_MS_MAX)) return false;
      extra -= 1;
    }
    return extra === 0 && reader.skip(DATA);
  }
}

/** The 36 characters of a UUID, whose head has been read. */
function readId(reader: PackReader): string | undefined {
  const { buffer, offset } = reader;
  let digitCount = 0;
  for (let index = 0; index < ID_SIZE; index++) digitCount += HEX[buffer[offset + index]!]!;
  const isUuid =
    digitCount === 32 &&
    buffer[offset + 8] === DASH &&
    buffer[offset + 13] === DASH &&
    buffer[offset + 18] === DASH &&
    buffer[offset + 23] === DASH;
  if (!isUuid || offset + ID_SIZE > reader.end) return undefined;
  reader.offset = offset + ID_SIZE;
  return buffer.toString("latin1", offset, offset + ID_SIZE);
}

/** The head of a text of 36 bytes. */
const ID_HEAD = [0xd9, ID_SIZE];
const TYPE = runOf([], "type");
const ID = runOf(ID_HEAD, "id");
const TIMESTAMP = runOf([], "timestamp");
const REPLY_TO = runOf(ID_HEAD, "reply_to");
const DEADLINE_MS = runOf([], "deadline_ms");
const DATA = runOf([], "data");

/** Some texts as MessagePack, and what follows them. */
function runOf(after: readonly number[], ...texts: readonly string[]): ConstantRun {
  const writer = new PackWriter(64);
  for (const text of texts) writer.string(text);
  return new ConstantRun(Uint8Array.of(...writer.bytes(), ...after));
}
