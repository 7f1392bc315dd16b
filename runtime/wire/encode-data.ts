import type { MessageType } from "./message-type.js";
import { ownFields } from "./own-fields.js";
import type { PackWriter } from "./pack-writer.js";
import { violationFault } from "./violation.js";

/**
 * Writes the data of a message. What the generated encoder declines, the reference path decides: data that
 * breaks the schema is a `WireFault` that says where, and anything else is written field by field.
 */
export function encodeData<Data>(type: MessageType<Data>, writer: PackWriter, data: Data): void {
  const { offset } = writer;
  if (type.encode(writer, data)) return;
  writer.rewind(offset);
  // Validators also see fields that are inherited or hidden, so what would be sent is judged as well.
  const own = ownFields(data);
  const violation = type.invalid(data) ?? type.invalid(own);
  if (violation !== undefined) throw violationFault(type.type, violation);
  writer.value(own);
}
