import { join } from "node:path";
import { Command } from "commander";
import { startController } from "../constellation/index.js";
import { runDaemon } from "./daemon.js";
import { type DaemonOptions, withDaemonOptions } from "./daemon-options.js";
import { readDeployments } from "./deployments-file.js";

interface ControllerCommandOptions extends DaemonOptions {
  readonly deploy?: string;
}

/** The command `rnp controller`: a controller, until a signal comes. */
export function controllerCommand(): Command {
  return withDaemonOptions(new Command("controller"), { isJoinMandatory: false })
    .description("run a controller: it places instances and keeps the registry of services")
    .option("--data <dir>", "keeps where members are; default: nowhere. Other tables are in memory")
    .option("--deploy <file>", "instances to keep running: a JSON list, each with name, script, …")
    .action((options: ControllerCommandOptions) =>
      runDaemon("controller", options, async ({ id: _, ...given }) => {
        const { deploy, data } = options;
        const deployments = deploy === undefined ? [] : await readDeployments(deploy);
        const remember = data === undefined ? {} : { remember: join(data, "members.json") };
        return startController({ ...given, ...remember, deployments });
      }),
    );
}
