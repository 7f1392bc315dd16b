import { type Command, Option } from "commander";

/** What `--cert`, `--key` and `--ca` give. */
export interface IdentityOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Adds `--cert`, `--key` and `--ca`, each of which may come from the environment instead. */
export function withIdentity(command: Command): Command {
  const options = [
    ["--cert <file>", "certificate of this node (PEM)", "RNP_CERT"],
    ["--key <file>", "its private key (PEM)", "RNP_KEY"],
    ["--ca <file>", "certificate of the cluster's CA (PEM)", "RNP_CA"],
  ] as const;
  for (const [flags, description, variable] of options) {
    command.addOption(new Option(flags, description).env(variable).makeOptionMandatory());
  }
  return command;
}

export function identityOf({ cert, key, ca }: IdentityOptions): IdentityOptions {
  return { cert, key, ca };
}
