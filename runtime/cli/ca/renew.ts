import type { X509Certificate } from "node:crypto";
import { dirname } from "node:path";
import { Command } from "commander";
import { RnpError } from "../../core/error.js";
import {
  readAuthority,
  readAuthorityCertificates,
  readCertificates,
  readRevocations,
  writeCertificate,
} from "../../security/certificate-files.js";
import { type Authority, isIssuedBy } from "../../security/credentials.js";
import { ISSUE_DAYS_DEFAULT } from "../../security/days.js";
import { identityOf } from "../../security/identity.js";
import { KEY_TYPE_DEFAULT, type KeyType, keyTypeOf } from "../../security/keys.js";
import { normalSerial } from "../../security/serial.js";
import { tellIssued } from "./issued.js";
import { daysArgument, keyTypeOption, withForce, withJson, withPassphrase } from "./options.js";
import type { Print } from "./output.js";
import { type PassphraseOptions, passphraseOf } from "./passphrase.js";

interface RenewOptions extends PassphraseOptions {
  readonly days: number;
  readonly keyType?: KeyType;
  readonly out?: string;
  readonly force?: true;
  readonly json?: true;
}

export function renewCommand(print: Print): Command {
  const days = "how long the new one is valid, at most until its CA expires";
  const command = new Command("renew")
    .description("issue a new certificate, with a new key, to the node that has this one")
    .argument("<dir>", "folder of the CA")
    .argument("<file>", "certificate of the node, which may have expired")
    .option("--days <days>", days, daysArgument, ISSUE_DAYS_DEFAULT)
    .addOption(keyTypeOption("kind of its key (default: as before)"))
    .option("--out <dir>", "folder to write to (default: that of the certificate; needs --force)");
  return withJson(withForce(withPassphrase(command))).action(
    (directory: string, file: string, options: RenewOptions) =>
      renew(directory, file, options, print),
  );
}

async function renew(
  directory: string,
  file: string,
  options: RenewOptions,
  print: Print,
): Promise<void> {
  const { days, out = dirname(file), force, json } = options;
  const authority = await readAuthority(directory, { passphrase: await passphraseOf(options) });
  const [old] = await readCertificates(file);
  const { id, role } = identityOf(old);
  await assertRenewable(old, authority, directory, file);
  const keyType = options.keyType ?? keyTypeOf(old.publicKey) ?? KEY_TYPE_DEFAULT;
  const { issue } = await import("../../security/authority.js");
  const issued = await issue({ authority, id, role, days, keyType });
  const paths = await writeCertificate(out, issued, { force });
  tellIssued({ verb: "Renewed", issued, paths, json }, print);
}

/** A CA of the same cluster that is to follow an older one may renew what that has issued. */
async function assertRenewable(
  old: X509Certificate,
  authority: Authority,
  directory: string,
  file: string,
): Promise<void> {
  const trusted = await readAuthorityCertificates(directory);
  if (identityOf(old).cluster !== authority.cluster || !trusted.some((ca) => isIssuedBy(old, ca))) {
    throw refused(file, "it is not one of this CA; issue a new one with `rnp ca issue`");
  }
  const serialNumber = normalSerial(old.serialNumber);
  const revoked = await readRevocations(directory);
  if (!revoked.some(({ serial }) => serial === serialNumber)) return;
  throw refused(file, "it was revoked; issue a new one with `rnp ca issue` where that is right");
}

function refused(file: string, why: string): RnpError {
  const details = { stage: "certificate" } as const;
  return new RnpError("AUTH_FAILED", `${file}: this certificate is not renewed: ${why}`, {
    details,
  });
}
