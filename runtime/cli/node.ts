import { join } from "node:path";
import { Command } from "commander";
import { startAgent } from "../constellation/index.js";
import { runDaemon } from "./daemon.js";
import { type DaemonOptions, withDaemonOptions } from "./daemon-options.js";

interface NodeCommandOptions extends DaemonOptions {
  readonly scripts?: string;
}

/** The command `rnp node`: a node that runs instances and stores files, until a signal comes. */
export function nodeCommand(): Command {
  return withDaemonOptions(new Command("node"), { isJoinMandatory: true })
    .description("run a node: it runs instances and stores files for the cluster")
    .option("--data <dir>", "what instances and stored files take; default: rnp-data/NODE-ID")
    .option("--scripts <dir>", "instances run scripts from here only; default: scripts in --data")
    .action((options: NodeCommandOptions) =>
      runDaemon("node", options, ({ id, ...given }) => {
        const { data = join("rnp-data", id), scripts } = options;
        return startAgent({
          ...given,
          dataDir: data,
          ...(scripts === undefined ? {} : { scriptDir: scripts }),
        });
      }),
    );
}
