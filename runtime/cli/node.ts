import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Agent, startAgent } from "../constellation/index.js";
import { isName } from "../security/identity.js";
import { type Daemon, runDaemon } from "./daemon.js";
import { type DaemonOptions, withDaemonOptions } from "./daemon-options.js";

interface NodeCommandOptions extends DaemonOptions {
  readonly scripts?: string;
  readonly leaveTo?: string;
}

/** The command `rnp node`: a node that runs instances and stores files, until a signal comes. */
export function nodeCommand(): Command {
  return withDaemonOptions(new Command("node"), { isJoinMandatory: true })
    .description("run a node: it runs instances and stores files for the cluster")
    .option(
      "--data <dir>",
      "instances, stored files and where members are; default: rnp-data/NODE-ID",
    )
    .option("--scripts <dir>", "instances run scripts from here only; default: scripts in --data")
    .option(
      "--leave-to <node>",
      "on a signal, hand the instances over to this node first",
      nodeName,
    )
    .action((options: NodeCommandOptions) =>
      runDaemon("node", options, async ({ id, ...given }) => {
        const { data = join("rnp-data", id), scripts, leaveTo } = options;
        const agent = await startAgent({
          ...given,
          dataDir: data,
          ...(scripts === undefined ? {} : { scriptDir: scripts }),
        });
        return leaveTo === undefined ? agent : leaving(agent, leaveTo);
      }),
    );
}

/** The agent, with its end put off until its instances are elsewhere. What stays is in its log. */
function leaving(agent: Agent, transferInstancesTo: string): Daemon {
  return { node: agent.node, close: () => agent.leave({ transferInstancesTo }).then(() => {}) };
}

function nodeName(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("expected the name of a node, such as node-2.");
}
