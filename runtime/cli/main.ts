#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { isRnpError } from "../index.js";
import { PACKAGE_VERSION } from "../node/version.js";
import { caCommand } from "./ca/command.js";
import { callCommand } from "./call.js";
import { conformanceCommand } from "./conformance.js";
import { controllerCommand } from "./controller.js";
import { decodeCommand } from "./decode.js";
import { membersCommand } from "./members.js";
import { metricsCommand } from "./metrics.js";
import { nodeCommand } from "./node.js";
import { pingCommand } from "./ping.js";
import { secretCommand } from "./secret.js";
import { tailCommand } from "./tail.js";
import { transferCommand } from "./transfer.js";
import { upCommand } from "./up.js";

/** Exit statuses: 0 done, 1 failed, 2 called the wrong way. */
async function main(): Promise<void> {
  const program = new Command("rnp")
    .description("Run, call and inspect nodes that speak the RADS Native Protocol.")
    .version(PACKAGE_VERSION)
    .showHelpAfterError("(add --help for what there is)");
  const commands = [
    upCommand(),
    caCommand(),
    secretCommand(),
    controllerCommand(),
    nodeCommand(),
    pingCommand(),
    membersCommand(),
    callCommand(),
    tailCommand(),
    metricsCommand(),
    transferCommand(),
    decodeCommand(),
    conformanceCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of withSubcommands(program)) command.exitOverride();
  await program.parseAsync();
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

main().catch((thrown: unknown) => {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : 2;
    return;
  }
  const isForPeople = isRnpError(thrown);
  process.stderr.write(`rnp: ${isForPeople ? thrown.message : String((thrown as Error).stack)}\n`);
  process.exitCode = 1;
});
