import type { PayloadField } from "../model.js";
import type { Kind } from "./kind.js";

/** The `data` of the envelope: any map, until the schema of the message type judges it. */
export const payloadKind: Kind<PayloadField> = {
  keywords: ["type", "additionalProperties"],
  required: {},
  check(_schema, inspection) {
    if (inspection.isEnvelope) return;
    const text = "leaves its fields open: write false and list them, or the schema of all values";
    inspection.refuse(["additionalProperties"], text);
  },
  build: () => ({ kind: "payload" }),
  typeSchema: () => ({ tsType: "unknown" }),
  rules: () => ({ type: "object", record: true }),
  sizeMax: () => Number.POSITIVE_INFINITY,
  encode() {
    throw new Error("the payload is encoded by its message type, not by the envelope");
  },
  decode() {
    throw new Error("the payload is decoded by its message type, not by the envelope");
  },
};
