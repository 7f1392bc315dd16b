import { sizeMaxOf } from "../../kinds/index.js";
import { PROTOCOL_FILE } from "../../load.js";
import { numberAt, schemaAt } from "../../schema.js";
import type { Rule } from "../rule.js";

/** What a payload has at most where the schemas bring no `protocol.json`, as those of a plugin. */
const PAYLOAD_BYTES_MAX = 16_777_216;

/** The largest envelope, all fields at their bounds. */
const ENVELOPE_BYTES_MAX = 8_755;

/** What satisfies the schema should also be possible to send. */
export const messageSize: Rule = {
  id: "message-size",
  about: "The largest data that a schema allows fits a payload, so that what is valid can be sent.",
  check({ links, model }, report) {
    const limits = schemaAt(links.files.get(PROTOCOL_FILE) ?? {}, "limits");
    const limit = (numberAt(limits, "payload_bytes") ?? PAYLOAD_BYTES_MAX) - ENVELOPE_BYTES_MAX;
    for (const { body, source } of model.messages) {
      const size = sizeMaxOf(body);
      if (size <= limit) continue;
      const text = `allows ${size} bytes, and ${limit} fit a payload: bound its fields more closely, or send it in parts`;
      report({ file: source, pointer: "" }, [], text);
    }
  },
};
