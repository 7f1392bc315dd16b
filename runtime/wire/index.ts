/**
 * All that generated code may import from the runtime, and nothing else. What stands here is a contract:
 * code that an earlier `rnp-gen` wrote depends on it.
 */
export { bytesFromWire } from "./base64.js";
export type { SchemaError } from "./expectation.js";
export type { Caller, MessageType } from "./message-type.js";
export type { PackWriter } from "./pack-writer.js";
export { firstViolation, type Violation, violationFault } from "./violation.js";
