import { Command } from "commander";
import { readCertificates, writeAuthority } from "../../security/certificate-files.js";
import { AUTHORITY_DAYS_DEFAULT } from "../../security/days.js";
import { expiresAt, isoTime } from "../../security/identity.js";
import { KEY_TYPE_DEFAULT, type KeyType } from "../../security/keys.js";
import {
  daysArgument,
  keyTypeOption,
  nameArgument,
  withForce,
  withJson,
  withPassphrase,
} from "./options.js";
import { type Print, shellWord } from "./output.js";
import { assertLongEnough, type PassphraseOptions, passphraseOf } from "./passphrase.js";

interface InitOptions extends PassphraseOptions {
  readonly cluster: string;
  readonly days: number;
  readonly keyType: KeyType;
  readonly force?: true;
  readonly json?: true;
}

export function initCommand(print: Print): Command {
  const command = new Command("init")
    .description("make the CA of a new cluster: DIR/ca.crt and DIR/ca.key")
    .argument("<dir>", "folder to write to, made if it is not there")
    .requiredOption("--cluster <name>", "name of the cluster: a-z, 0-9 and -", nameArgument)
    .option("--days <days>", "how long it is valid", daysArgument, AUTHORITY_DAYS_DEFAULT)
    .addOption(keyTypeOption("kind of its key").default(KEY_TYPE_DEFAULT));
  return withJson(withForce(withPassphrase(command))).action(
    (directory: string, options: InitOptions) => init(directory, options, print),
  );
}

async function init(directory: string, options: InitOptions, print: Print): Promise<void> {
  const passphrase = await passphraseOf(options);
  assertLongEnough(passphrase);
  // Loaded here: the X.509 library takes longer to load than the rest of `rnp` together.
  const { createAuthority } = await import("../../security/authority.js");
  const authority = await createAuthority(options);
  const { cluster } = authority;
  const { force, json } = options;
  const { cert, key } = await writeAuthority(directory, authority, { passphrase, force });
  const [certificate] = await readCertificates(cert);
  const expires = isoTime(expiresAt(certificate));
  if (json) return print(JSON.stringify({ cluster, cert, key, expires_at: expires }));
  print(`Made the CA of cluster ${cluster}, valid until ${expires}.\n`);
  print(`  for every node  ${cert}`);
  print(`  keep secret     ${key}${passphrase === undefined ? "" : " (encrypted)"}`);
  print("\nWhoever has the key can be any node of the cluster. Issue certificates next:\n");
  print(`  rnp ca issue ${shellWord(directory)} controller-1 --role controller`);
  print(`  rnp ca issue ${shellWord(directory)} node-1`);
}
