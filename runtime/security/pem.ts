import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { RnpError } from "../core/error.js";

/** A text and what to call it in an error: its path, or the option that it came in. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whether `text` is PEM itself rather than the path of a file. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** `der` as PEM, in lines of 64 characters as all tools expect. */
export function pemBlock(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** What one block of PEM holds. */
export function derIn(block: string): Buffer {
  return Buffer.from(block.replace(/-----[^-]+-----/g, ""), "base64");
}

/** All certificates of a PEM text in their order, at least one; throws `AUTH_FAILED` where there is none. */
export function certificatesIn({ name, text }: NamedText): [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = text.match(CERTIFICATE_BLOCK) ?? [];
  if (first === undefined) throw notPem(name, "a certificate", text);
  try {
    return [new X509Certificate(first), ...others.map((block) => new X509Certificate(block))];
  } catch (cause) {
    throw damaged(name, "certificate", cause);
  }
}

/**
 * The private key of a PEM text, opened with `passphrase` where it is under one.
 *
 * @throws RnpError `AUTH_FAILED` where there is none, or where the passphrase is missing or wrong
 */
export function privateKeyIn({ name, text }: NamedText, passphrase?: string): KeyObject {
  if (!text.includes("PRIVATE KEY-----")) throw notPem(name, "a private key", text);
  const isEncrypted = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text);
  if (isEncrypted && passphrase === undefined) throw locked(name);
  try {
    return createPrivateKey(isEncrypted ? { key: text, passphrase: passphrase! } : text);
  } catch (cause) {
    if (isEncrypted) throw wrongPassphrase(name);
    throw damaged(name, "private key", cause);
  }
}

function locked(name: string): RnpError {
  return new RnpError(
    "AUTH_FAILED",
    `${name}: the private key is encrypted; for a CA, give its passphrase with --passphrase-file or ` +
      "RNP_CA_PASSPHRASE; for a node, decrypt it (`openssl pkey -in FILE`) into a file of mode 0600",
    { details: { stage: "certificate" } },
  );
}

/** Without the cause, which has nothing to add. */
function wrongPassphrase(name: string): RnpError {
  return new RnpError(
    "AUTH_FAILED",
    `${name}: this is not the passphrase of the private key, or the file is damaged`,
    { details: { stage: "certificate" } },
  );
}

function notPem(name: string, expected: string, text: string): RnpError {
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  const got = label === undefined ? "no PEM at all" : `PEM of a ${label}`;
  return new RnpError("AUTH_FAILED", `${name}: expected ${expected} in PEM, got ${got}`, {
    details: { stage: "certificate" },
  });
}

function damaged(name: string, what: string, cause: unknown): RnpError {
  return new RnpError(
    "AUTH_FAILED",
    `${name}: the ${what} is damaged and cannot be read; copy it again, or issue a new one`,
    { cause, details: { stage: "certificate" } },
  );
}
