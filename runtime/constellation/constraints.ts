import { RnpError } from "../index.js";

/** A condition on a node: `region=us-east`, `datacenter!=lab`, or `node=node-3` for one node by name. */
export interface Constraint {
  /** As it was given, for messages. */
  readonly text: string;
  readonly key: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/**
 * Reads a constraint as it is on the wire. Text of another form is refused with `PROTOCOL_ERROR`: a
 * constraint that is silently ignored places an instance where it must not run.
 */
export function parseConstraint(text: string): Constraint {
  const parts = /^\s*([A-Za-z0-9_.-]+)\s*(!?=)\s*(.*?)\s*$/.exec(text);
  if (parts === null || parts[3] === "" || parts[3]!.startsWith("=")) {
    throw new RnpError(
      "PROTOCOL_ERROR",
      `placement constraint: expected "key=value" or "key!=value", got ${JSON.stringify(text)}`,
      { details: { expected: "key=value or key!=value", got: text.slice(0, 64) } },
    );
  }
  return { text, key: parts[1]!, isEqual: parts[2] === "=", value: parts[3]! };
}

/** Whether a node satisfies `constraint`. A node without the key is different from every value. */
export function matchesConstraint(
  { key, isEqual, value }: Constraint,
  { node, metadata }: { node: string; metadata: Readonly<Record<string, string>> },
): boolean {
  const actual = key === "node" ? node : Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  return (actual === value) === isEqual;
}
