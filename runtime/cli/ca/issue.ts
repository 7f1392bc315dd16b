import { Command, Option } from "commander";
import { readAuthority, writeCertificate } from "../../security/certificate-files.js";
import { ISSUE_DAYS_DEFAULT } from "../../security/days.js";
import type { PeerIdentity } from "../../security/identity.js";
import { KEY_TYPE_DEFAULT, type KeyType } from "../../security/keys.js";
import { tellIssued } from "./issued.js";
import {
  daysArgument,
  keyTypeOption,
  nameArgument,
  withForce,
  withJson,
  withPassphrase,
} from "./options.js";
import type { Print } from "./output.js";
import { type PassphraseOptions, passphraseOf } from "./passphrase.js";

interface IssueOptions extends Pick<PeerIdentity, "role">, PassphraseOptions {
  readonly days: number;
  readonly keyType: KeyType;
  readonly out?: string;
  readonly force?: true;
  readonly json?: true;
}

export function issueCommand(print: Print): Command {
  const roles = new Option("--role <role>", "what the node is")
    .choices(["node", "controller"])
    .default("node");
  const days = "how long it is valid, at most until its CA expires";
  const command = new Command("issue")
    .description("issue a certificate: NODE-ID.crt, NODE-ID.key and ca.crt")
    .argument("<dir>", "folder of the CA")
    .argument("<node-id>", "name of the node: a-z, 0-9 and -", nameArgument)
    .addOption(roles)
    .option("--days <days>", days, daysArgument, ISSUE_DAYS_DEFAULT)
    .addOption(keyTypeOption("kind of its key").default(KEY_TYPE_DEFAULT))
    .option("--out <dir>", "folder to write to (default: the folder of the CA)");
  return withJson(withForce(withPassphrase(command))).action(
    (directory: string, id: string, options: IssueOptions) => issue(directory, id, options, print),
  );
}

async function issue(
  directory: string,
  id: string,
  options: IssueOptions,
  print: Print,
): Promise<void> {
  const { role, days, keyType, out = directory, force, json } = options;
  const authority = await readAuthority(directory, { passphrase: await passphraseOf(options) });
  const { issue: issueCertificate } = await import("../../security/authority.js");
  const issued = await issueCertificate({ authority, id, role, days, keyType });
  const paths = await writeCertificate(out, issued, { force });
  tellIssued({ verb: "Issued", issued, paths, json }, print);
}
