import { ConstantRun } from "../wire/constant-run.js";
import { latin1Between } from "../wire/latin1.js";
import type { MessageType } from "../wire/message-type.js";
import type { PackReader } from "../wire/pack-reader.js";
import { PackWriter } from "../wire/pack-writer.js";
import { isUuid } from "../wire/uuid.js";

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
  /** Where the characters of the id begin. */
  idOffset = 0;
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
    this.idOffset = reader.offset;
    if (!skipId(reader) || !reader.skip(TIMESTAMP)) return false;
    this.timestamp = reader.integer();
    if (!(this.timestamp >= 0 && this.timestamp <= TIMESTAMP_MAX) || !reader.skip(this.#sender))
      return false;
    this.replyTo = undefined;
    if (extra > 0 && reader.skip(REPLY_TO)) {
      const from = reader.offset;
      if (!skipId(reader)) return false;
      this.replyTo = idAt(reader.buffer, from);
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

/** The id whose characters begin at `offset`. */
export function idAt(buffer: PackReader["buffer"], offset: number): string {
  return latin1Between(buffer, offset, offset + ID_SIZE);
}

/** Passes over the 36 characters of a lower-case UUID, whose head has been read. */
function skipId(reader: PackReader): boolean {
  const { view, offset, end } = reader;
  if (offset + ID_SIZE > end || !isUuid(view, offset)) return false;
  reader.offset = offset + ID_SIZE;
  return true;
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
