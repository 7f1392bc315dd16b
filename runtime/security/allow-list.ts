import { RnpError } from "../core/error.js";
import { isName } from "./identity.js";
import type { NamedText } from "./pem.js";

/**
 * The node ids in a text, one on each line; what follows a `#` is for people.
 *
 * @throws RnpError `AUTH_FAILED` where a line is no node id, or where there is none: a list that is empty because
 *   it was not written to its end must not shut everybody out
 */
export function allowedIn({ name, text }: NamedText): ReadonlySet<string> {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  const ids = lines.filter((line) => line !== "");
  if (ids.length === 0) throw wrong(name, "no node at all");
  return allowed(name, ids);
}

/** The same for ids that are given as such. */
export function allowed(name: string, ids: readonly string[]): ReadonlySet<string> {
  const bad = ids.find((id) => !isName(id));
  if (bad !== undefined) throw wrong(name, `'${bad.slice(0, 80)}'`);
  return new Set(ids);
}

function wrong(name: string, got: string): RnpError {
  const text = `${name}: expected ids of nodes, one on each line, got ${got}`;
  return new RnpError("AUTH_FAILED", text, { details: { stage: "identity" } });
}
