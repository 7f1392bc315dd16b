/** The generated files that do not belong to one message type. */
export const FILES = {
  protocol: "protocol.ts",
  envelope: "envelope.ts",
  /** What several schema files refer to. */
  types: "types.ts",
  errors: "errors.ts",
  /** ajv writes JavaScript; the declaration stands beside it. */
  validators: "validators.js",
  validatorTypes: "validators.d.ts",
  dispatch: "dispatch.ts",
  client: "client.ts",
  index: "index.ts",
} as const;
