import { Command } from "commander";
import { RnpError } from "../../core/error.js";
import {
  readAuthority,
  readCertificates,
  readRevocations,
  writeRevocations,
} from "../../security/certificate-files.js";
import type { Revocation } from "../../security/revocations.js";
import { normalSerial } from "../../security/serial.js";
import { counted } from "../print.js";
import { withJson, withPassphrase } from "./options.js";
import type { Print } from "./output.js";
import { type PassphraseOptions, passphraseOf } from "./passphrase.js";

interface RevokeOptions extends PassphraseOptions {
  readonly json?: true;
}

export function revokeCommand(print: Print): Command {
  const command = new Command("revoke")
    .description("take certificates back: puts their serials on DIR/ca.crl, signed by the CA")
    .argument("<dir>", "folder of the CA")
    .argument("<which...>", "certificates in PEM, or serial numbers as `rnp ca show` prints them");
  return withJson(withPassphrase(command)).action(
    (directory: string, which: string[], options: RevokeOptions) =>
      revoke(directory, which, options, print),
  );
}

async function revoke(
  directory: string,
  which: readonly string[],
  options: RevokeOptions,
  print: Print,
): Promise<void> {
  const authority = await readAuthority(directory, { passphrase: await passphraseOf(options) });
  const { revocationList } = await import("../../security/revocations.js");
  const before = await readRevocations(directory);
  const known = new Set(before.map(({ serial }) => serial));
  const serials = [...new Set(await Promise.all(which.map(serialOf)))];
  const added = serials.filter((serial) => !known.has(serial));
  const all = [
    ...before,
    ...added.map((serial): Revocation => ({ serial, revokedAt: Date.now() })),
  ];
  const list = await writeRevocations(directory, await revocationList(authority, all));
  if (options.json)
    return print(JSON.stringify({ list, added, revoked: [...all.map(({ serial }) => serial)] }));
  print(
    `Revoked ${counted(added.length, "certificate")}; ${counted(all.length, "serial")} on the list.\n`,
  );
  print(`  for every node  ${list}`);
  print(
    "\nCopy the list to every node. One that runs with --revoked FILE sees the file change, and",
  );
  print("closes the connections of whoever is on the list.");
}

/** The serial that `word` is, or that the certificate in the file `word` has. */
async function serialOf(word: string): Promise<string> {
  if (/^[0-9a-fA-F:]{8,}$/.test(word)) return normalSerial(word);
  const [certificate, ...others] = await readCertificates(word);
  if (others.length > 0) {
    throw new RnpError(
      "AUTH_FAILED",
      `${word}: holds several certificates; name one, or its serial`,
    );
  }
  if (!certificate.ca) return normalSerial(certificate.serialNumber);
  const text = `${word}: a CA is not revoked but left out of the bundle that nodes trust; see \`rnp ca bundle\``;
  throw new RnpError("AUTH_FAILED", text);
}
