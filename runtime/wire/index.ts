/**
 * All that generated code may import from the runtime, and nothing else. What stands here is a contract:
 * code that an earlier `rnp-gen` wrote depends on it.
 */
export { bytesFromWire } from "./base64.js";
export { hasCharacters, isMap, isMultiple, isUnique } from "./checks.js";
export type { SchemaError } from "./expectation.js";
export type { Caller, MessageType, StreamType } from "./message-type.js";
export type { PackReader } from "./pack-reader.js";
export type { PackWriter } from "./pack-writer.js";
export { putBoolean, putInteger, putNumber, putText } from "./put.js";
export { TextPattern } from "./text-pattern.js";
export { firstViolation, type Violation, violationFault } from "./violation.js";
