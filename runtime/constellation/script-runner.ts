import { access, constants, stat } from "node:fs/promises";
import { delimiter, extname, isAbsolute, join } from "node:path";
import { RnpError } from "../index.js";

/** Which program runs a script, by the script's extension: the program, then its first arguments. */
export type ScriptRunners = Readonly<Record<string, readonly [string, ...string[]]>>;

export const SCRIPT_RUNNERS: ScriptRunners = {
  ".js": [process.execPath],
  ".mjs": [process.execPath],
  ".sh": ["sh"],
  ".py": ["python3"],
  ".rads": ["rads"],
};

/**
 * The command that runs `script`, the program as an absolute path. It is looked up on the agent's own
 * `searchPath`, because the instance gets only the environment that was given for it, often without PATH.
 */
export async function scriptCommand(
  script: string,
  runners: ScriptRunners,
  searchPath: string,
): Promise<[string, ...string[]]> {
  const extension = extname(script);
  const runner = Object.hasOwn(runners, extension) ? runners[extension] : undefined;
  if (runner === undefined) {
    const known = Object.keys(runners).join(" ");
    throw new RnpError("UNSUPPORTED", `this node runs no "${extension}" scripts, only: ${known}`, {
      details: { feature: `script ${extension}`.slice(0, 64), supported: Object.keys(runners) },
    });
  }
  const [program, ...firstArguments] = runner;
  const path = await findProgram(program, searchPath);
  if (path === undefined) {
    throw new RnpError(
      "UNSUPPORTED",
      `this node has no program "${program}" to run "${extension}" scripts: install it or configure another`,
      { details: { feature: program.slice(0, 64), message_type: "instance.create" } },
    );
  }
  return [path, ...firstArguments, script];
}

/** Empty and relative entries of the path are skipped: they would depend on the agent's own folder. */
async function findProgram(program: string, searchPath: string): Promise<string | undefined> {
  if (isAbsolute(program)) return (await isExecutable(program)) ? program : undefined;
  for (const folder of searchPath.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, program);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Absent or not ours to run: the search goes on.
    return false;
  }
}
