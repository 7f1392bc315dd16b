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

/** The private key of a PEM text; throws `AUTH_FAILED` where there is none, or one that needs a passphrase. */
export function privateKeyIn({ name, text }: NamedText): KeyObject {
  if (!text.includes("PRIVATE KEY-----")) throw notPem(name, "a private key", text);
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new RnpError(
      "AUTH_FAILED",
      `${name}: expected a private key without a passphrase, got an encrypted one; ` +
        "decrypt it (`openssl pkey -in FILE`) into a file of mode 0600",
      { details: { stage: "certificate" } },
    );
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    throw damaged(name, "private key", cause);
  }
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
