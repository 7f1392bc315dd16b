#!/usr/bin/env node
import { Command, type CommanderError } from "commander";
import { breakingCommand } from "./commands/breaking.js";
import { explainCommand } from "./commands/explain.js";
import { genCommand } from "./commands/gen.js";
import { lintCommand } from "./commands/lint.js";
import { publishCommand } from "./commands/publish.js";

/** Exit status 0: done; 1: it failed, or found what should not be; 2: wrong usage. */
const WRONG_USAGE = 2;

const program = new Command("rnp-gen")
  .description(
    "Generates typed messages, validators and clients from RNP schemas, and judges the schemas.",
  )
  .addCommand(genCommand())
  .addCommand(lintCommand())
  .addCommand(explainCommand())
  .addCommand(breakingCommand())
  .addCommand(publishCommand())
  .showHelpAfterError();

for (const command of [program, ...program.commands]) {
  command.exitOverride((error: CommanderError) => {
    process.exit(error.exitCode === 0 ? 0 : WRONG_USAGE);
  });
}

await program.parseAsync();
