import { Command } from "commander";
import type { SyncResponse } from "../index.js";
import { asClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { print, printJson, table } from "./print.js";

/** The command `rnp members`: the cluster as one of its nodes sees it. */
export function membersCommand(): Command {
  return withIdentity(new Command("members"))
    .description("list the members of the cluster, as one node sees them")
    .argument("<host:port>", "where the node listens")
    .option("--json", "print a line of JSON for each member")
    .action(async (address: string, options: IdentityOptions & { json?: true }) => {
      const { members } = await asClient(address, options, (peer) => peer.sync.request({}));
      if (options.json) members.forEach(printJson);
      else print(membersTable(members));
    });
}

function membersTable(members: SyncResponse["members"]): string {
  const rows = members.map(({ node, role, state, since, address, version }) => [
    node,
    role,
    state,
    new Date(since).toISOString().replace(/\.\d+Z$/, "Z"),
    address ?? "-",
    version ?? "-",
  ]);
  return table(["NODE", "ROLE", "STATE", "SINCE", "ADDRESS", "VERSION"], rows);
}
