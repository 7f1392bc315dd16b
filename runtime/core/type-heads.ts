import { ConstantRun } from "../wire/constant-run.js";
import type { MessageType } from "../wire/message-type.js";
import type { PackReader } from "../wire/pack-reader.js";

/** Behind the head of the map come the key "type" in five bytes and the head of a short text. */
const TEXT_HEAD = 6;
const TEXT = 7;
/** Room for the largest head that `MessageType.putHead` puts. */
const HEAD_SIZE_MAX = 256;
/** A power of two, several times the number of types, so that few share a slot. */
const SLOT_COUNT = 256;
const SLOT_SHIFT = 24;
const MULTIPLIER = 0x9e37_79b1;

interface Known {
  readonly type: MessageType;
  /** All of the envelope from the key "type" to where the characters of the id begin. */
  readonly run: ConstantRun;
}

/**
 * Finds the type of a message by how its envelope begins, which is the same bytes for every message of a
 * type: one comparison in place of building its name, looking it up and reading the keys around it.
 */
export class TypeHeads {
  static readonly #byMessages = new WeakMap<ReadonlyMap<string, MessageType>, TypeHeads>();
  readonly #slots: Known[][] = Array.from({ length: SLOT_COUNT }, () => []);

  private constructor(messages: ReadonlyMap<string, MessageType>) {
    for (const type of messages.values()) this.#add(type);
  }

  /** The heads of `messages`, made once for all connections. */
  static of(messages: ReadonlyMap<string, MessageType>): TypeHeads {
    const known = TypeHeads.#byMessages.get(messages);
    if (known !== undefined) return known;
    const heads = new TypeHeads(messages);
    TypeHeads.#byMessages.set(messages, heads);
    return heads;
  }

  /**
   * Passes over the envelope up to the characters of its id. `undefined` where the type is not known or the
   * bytes are others than encoders write.
   */
  read(reader: PackReader): MessageType | undefined {
    const { view, offset } = reader;
    const slot = slotOf(view, offset);
    for (const { type, run } of this.#slots[slot]!) {
      reader.offset = offset + 1;
      if (reader.skip(run)) return type;
    }
    return undefined;
  }

  #add(type: MessageType): void {
    const bytes = new Uint8Array(HEAD_SIZE_MAX);
    const view = new DataView(bytes.buffer);
    const size = type.putHead(view, 0);
    const run = new ConstantRun(bytes.slice(1, size));
    this.#slots[slotOf(view, 0)]!.push({ type, run });
  }
}

/** From the length of the name and its last four bytes, in which names differ most. */
function slotOf(view: DataView, offset: number): number {
  const length = view.getUint8(offset + TEXT_HEAD) & 0x1f;
  const last = view.getUint32(offset + TEXT + length - 4);
  return Math.imul(last ^ length, MULTIPLIER) >>> SLOT_SHIFT;
}
