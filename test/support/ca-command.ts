import { join } from "node:path";
import type { Command } from "commander";
import { caCommand } from "../../runtime/cli/ca/command.js";
import { temporaryFolder } from "./certificates.js";

/** Runs `rnp ca ...` and gives what it printed. */
export async function rnpCa(...words: string[]): Promise<string> {
  const lines: string[] = [];
  const command = quiet(caCommand((line) => lines.push(line)));
  await command.parseAsync(words, { from: "user" });
  return lines.join("\n");
}

/** A folder with the CA of the cluster demo. */
export async function folderWithCa(...options: string[]): Promise<string> {
  const folder = join(await temporaryFolder(), "certs");
  await rnpCa("init", folder, "--cluster", "demo", ...options);
  return folder;
}

/** Throws where commander would print and exit. */
function quiet(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  for (const child of command.commands) quiet(child);
  return command;
}
