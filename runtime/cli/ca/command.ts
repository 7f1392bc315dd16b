import { Command } from "commander";
import { print as printLine } from "../print.js";
import { bundleCommand } from "./bundle.js";
import { initCommand } from "./init.js";
import { issueCommand } from "./issue.js";
import type { Print } from "./output.js";
import { renewCommand } from "./renew.js";
import { revokeCommand } from "./revoke.js";
import { showCommand } from "./show.js";

/*
 * `rnp ca`: makes the cluster's CA, issues, renews and revokes certificates, shows what is in one. What people
 * read ends with the command that comes next; `--json` prints one value a line with the same facts.
 */

/** The command `rnp ca`. Throws what goes wrong; the caller turns that into a line and an exit status. */
export function caCommand(print: Print = printLine): Command {
  const command = new Command("ca").description(
    "make the cluster's CA; issue, show, renew and revoke certificates",
  );
  const parts = [
    initCommand,
    issueCommand,
    showCommand,
    renewCommand,
    revokeCommand,
    bundleCommand,
  ];
  for (const part of parts) command.addCommand(part(print));
  return command;
}
