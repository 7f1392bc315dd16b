import { Command } from "commander";
import type { SyncRequest, SyncResponse } from "../index.js";
import { asClient } from "./as-client.js";
import { type IdentityOptions, withIdentity } from "./identity-options.js";
import { formatMs, print, printJson, table } from "./print.js";

type Row = SyncResponse["members"][number];

/** The command `rnp members`: the cluster as one of its nodes sees it. */
export function membersCommand(): Command {
  return withIdentity(new Command("members"))
    .description("list the members of the cluster, as one node sees them")
    .argument("<host:port>", "where the node listens")
    .option("--json", "print a line of JSON for each member, with all that is known of it")
    .action(async (address: string, options: IdentityOptions & { json?: true }) => {
      const { members } = await asClient(address, options, (peer) => peer.sync.request(QUESTION));
      const rows = members.sort((a, b) => IN_ORDER.compare(a.node, b.node));
      if (options.json) rows.forEach(printJson);
      else print(membersTable(rows));
    });
}

/** For a terminal of 100 columns, with names of up to 12 characters and addresses of IPv4. */
export function membersTable(members: readonly Row[]): string {
  const rows = members.map(({ node, role, state, since, rtt_ms, incarnation, ...facts }) => [
    node,
    role,
    state,
    new Date(since).toISOString().replace(/\.\d+Z$/, "Z"),
    rtt_ms === undefined ? "-" : formatMs(rtt_ms),
    `${incarnation ?? "-"}`,
    facts.version ?? "-",
    facts.address ?? "-",
  ]);
  return table(["NODE", "ROLE", "STATE", "SINCE", "RTT", "INC", "VERSION", "ADDRESS"], rows);
}

/** Nobody has this hash. That we name one shows that we understand what members tell beyond the specification. */
const QUESTION: SyncRequest = { services_hash: "0000000000000000" };

/** `node-2` before `node-10`. */
const IN_ORDER = new Intl.Collator("en", { numeric: true });
