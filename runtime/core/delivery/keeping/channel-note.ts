import { decodeReference } from "../../../wire/decode-reference.js";
import type { PoolName } from "../../../wire/message-type.js";
import { PackWriter } from "../../../wire/pack-writer.js";
import type { SendState } from "../records.js";

/** What is written down of a channel of the outbox besides its messages. */
export interface ChannelNote extends SendState {
  /** The seed of the ids of its messages. */
  readonly idSeed: string;
  /** The number of the next message that is taken. */
  readonly next: number;
  readonly pool: PoolName;
}

export function packNote({ memory, ...rest }: ChannelNote): Uint8Array {
  const writer = new PackWriter();
  writer.value(memory === undefined ? rest : { ...rest, memory });
  return Uint8Array.from(writer.bytes());
}

export function unpackNote(bytes: Uint8Array): ChannelNote {
  const note = decodeReference(bytes) as Omit<ChannelNote, "highest"> & Partial<ChannelNote>;
  const { memory, highest = note.acked } = note; // Earlier versions wrote down no `highest`.
  return { ...note, highest, memory };
}
