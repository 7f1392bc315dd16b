import { ConstantRun } from "../../runtime/wire/constant-run.js";
import type { MessageType } from "../../runtime/wire/message-type.js";
import { PackWriter } from "../../runtime/wire/pack-writer.js";

/** The same message under a name that no node knows. */
export function renamed<Data, Answer>(
  type: MessageType<Data, Answer>,
  name: string,
): MessageType<Data, Answer> {
  const writer = new PackWriter();
  writer.mapHeader(5);
  for (const text of ["type", name, "id"]) writer.string(text);
  writer.raw(Uint8Array.of(0xd9, 36));
  const head = new ConstantRun(writer.bytes());
  return { ...type, type: name, putHead: (view, at) => head.put(view, at) };
}
