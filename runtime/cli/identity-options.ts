import { type Command, Option } from "commander";

/** What `--cert`, `--key` and `--ca` give. */
export interface CertificateOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** The same, and what `--secrets` and `--encrypt` give. */
export interface IdentityOptions extends CertificateOptions {
  readonly secrets?: string;
  readonly encrypt?: true;
}

/** Adds `--cert`, `--key` and `--ca`, each of which may come from the environment instead. */
export function withCertificate(command: Command): Command {
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

/** Adds `--cert`, `--key`, `--ca` and `--secrets`, each of which may come from the environment instead. */
export function withIdentity(command: Command): Command {
  const secrets = "authenticate messages with the secrets in this file (`rnp secret`)";
  return withCertificate(command)
    .addOption(new Option("--secrets <file>", secrets).env("RNP_SECRETS"))
    .option("--encrypt", "encrypt messages with them as well");
}

export function identityOf({ cert, key, ca }: CertificateOptions): CertificateOptions {
  return { cert, key, ca };
}

/** What `--secrets` and `--encrypt` ask for, in the words of `createNode`. */
export function integrityOf({ secrets, encrypt }: IdentityOptions): {
  integrity?: { secrets: string; encrypt: boolean };
} {
  return secrets === undefined ? {} : { integrity: { secrets, encrypt: encrypt === true } };
}
