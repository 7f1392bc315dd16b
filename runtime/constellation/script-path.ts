import { realpath, stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { RnpError } from "../index.js";
import { isBelow } from "./below.js";

/**
 * The real path of `script` below `scriptDir`. Refused is whatever lies elsewhere, by its name
 * (`../x`, `/etc/x`) or because a symbolic link leads out. The result holds no link any more, so what was
 * checked is what runs.
 */
export async function resolveScript(scriptDir: string, script: string): Promise<string> {
  const root = await realpath(scriptDir);
  const named = resolve(root, script);
  if (script.includes("\0") || isAbsolute(script) || !isBelow(root, named)) throw outside(script);
  const real = await realpath(named).catch((cause: unknown) => {
    throw notFound(script, cause);
  });
  if (!isBelow(root, real)) throw outside(script);
  if (!(await stat(real)).isFile()) throw notFound(script);
  return real;
}

function outside(script: string): RnpError {
  return new RnpError(
    "UNAUTHORIZED",
    `instance.create: /script: expected a path inside the node's script folder, got ${quote(script)}`,
    { details: { rule: "policy", message_type: "instance.create" } },
  );
}

function notFound(script: string, cause?: unknown): RnpError {
  return new RnpError(
    "NOT_FOUND",
    `the node's script folder has no file ${quote(script)}: put the script on this node first`,
    { details: { kind: "script", id: script.slice(0, 256) }, cause },
  );
}

function quote(script: string): string {
  return JSON.stringify(script.slice(0, 256));
}
