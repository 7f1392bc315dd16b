import { readFile } from "node:fs/promises";
import type { Deployment } from "../constellation/index.js";
import { INSTANCE_CREATE, RESOURCE_REQUEST, RnpError } from "../index.js";

/**
 * Reads what `--deploy` names: a JSON list of instances that are to run always, each with the fields of
 * `instance.create` without its id, and optionally the `placement` of `resource.request`. Both are checked
 * against the schemas of these messages.
 *
 * @throws RnpError that says which field of which entry is wrong
 */
export async function readDeployments(path: string): Promise<Deployment[]> {
  const list = parse(path, await read(path));
  if (!Array.isArray(list)) throw wrong(path, "", "a list of instances", typeof list);
  for (const [index, entry] of list.entries()) {
    const { placement, ...create } = asObject(path, index, entry);
    assertValid(path, index, INSTANCE_CREATE.invalid({ ...create, instance_id: "any" } as never));
    const { name } = create as unknown as Deployment;
    const instance_id = `${name}-00000000`;
    if (INSTANCE_CREATE.invalid({ ...create, instance_id } as never) !== undefined) {
      throw wrong(
        path,
        `/${index}/name`,
        'a name that ids can begin with, like "web-1"',
        `"${name}"`,
      );
    }
    if (placement === undefined) continue;
    const request = { instance_id: "any", cpu_cores: 0, ram_mb: 0, disk_mb: 0, placement };
    assertValid(path, index, RESOURCE_REQUEST.invalid(request as never));
  }
  const names = list.map(({ name }: Deployment) => name);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice >= 0)
    throw wrong(path, `/${twice}/name`, "a name of its own", `"${names[twice]}" again`);
  return list as Deployment[];
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such file" : `cannot be read (${code})`;
    throw new RnpError("NOT_FOUND", `${path}: ${why}; check the path given as --deploy`, { cause });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new RnpError("PROTOCOL_ERROR", `${path}: not JSON: ${why}`, { cause });
  }
}

function asObject(path: string, index: number, entry: unknown): Record<string, unknown> {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    throw wrong(path, `/${index}`, 'an instance such as {"name": …, "script": …}', typeof entry);
  }
  if ("instance_id" in entry) {
    throw wrong(path, `/${index}/instance_id`, "no such field: ids are given out", "one");
  }
  return entry as Record<string, unknown>;
}

interface Violation {
  readonly pointer: string;
  readonly expected: string;
  readonly got: string;
}

function assertValid(path: string, index: number, violation: Violation | undefined): void {
  if (violation === undefined) return;
  throw wrong(path, `/${index}${violation.pointer}`, violation.expected, violation.got);
}

function wrong(path: string, pointer: string, expected: string, got: string): RnpError {
  const text = `${path}: ${pointer || "/"}: expected ${expected}, got ${got}`;
  return new RnpError("PROTOCOL_ERROR", text, { details: { pointer, expected, got } });
}
