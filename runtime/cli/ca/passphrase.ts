import { readFile } from "node:fs/promises";
import { RnpError } from "../../core/error.js";

/** Where a passphrase may be given. */
export interface PassphraseOptions {
  readonly passphraseFile?: string;
}

/**
 * The passphrase of the CA's key, from a file (without the line break at its end) or from the environment;
 * `undefined` where neither is given.
 */
export async function passphraseOf({
  passphraseFile,
}: PassphraseOptions): Promise<string | undefined> {
  if (passphraseFile === undefined) return process.env.RNP_CA_PASSPHRASE;
  const text = await readFile(passphraseFile, "utf8").catch(() => {
    throw new RnpError(
      "AUTH_FAILED",
      `${passphraseFile}: the passphrase cannot be read; check the path`,
    );
  });
  return text.replace(/\r?\n$/, "");
}

/** @throws RnpError `AUTH_FAILED` where `passphrase` is too short to protect a key whose file has got away */
export function assertLongEnough(passphrase: string | undefined): void {
  if (passphrase === undefined || passphrase.length >= LENGTH_MIN) return;
  const text = `the passphrase of a CA has at least ${LENGTH_MIN} characters, and this one ${passphrase.length}`;
  throw new RnpError("AUTH_FAILED", text);
}

/** Words of this length take too long to guess even at the speed of the format, 2048 rounds of a hash each. */
const LENGTH_MIN = 12;
