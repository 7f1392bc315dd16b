import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { RnpError } from "../core/error.js";
import type { Authority } from "./credentials.js";
import { expiresAt } from "./identity.js";
import { signerOf } from "./keys.js";
import { derIn, type NamedText, pemBlock } from "./pem.js";
import { normalSerial } from "./serial.js";

/*
 * What a CA takes back: certificates by their serial, in a list that it signs (a CRL, RFC 5280), so that nobody
 * who can write the file of a node can take another off the list, and every tool for certificates can read it.
 *
 * A list has no date after which it counts no more: what it says stays true, and a cluster must not stop because
 * nobody signed a new one. `nextUpdate`, which other tools insist on, is when the CA expires.
 */

/** One certificate that counts no more. */
export interface Revocation {
  /** Upper-case hex without leading zeros, as `rnp ca show` prints it. */
  readonly serial: string;
  /** Unix ms. */
  readonly revokedAt: number;
}

const LIST_BLOCK = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g;

/** A list as PEM, with `revocations` and nothing else on it. */
export async function revocationList(
  authority: Authority,
  revocations: readonly Revocation[],
  unixTimeMs: number = Date.now(),
): Promise<string> {
  const ca = new x509.X509Certificate(authority.cert);
  const list = await x509.X509CrlGenerator.create({
    issuer: ca.subjectName,
    thisUpdate: new Date(unixTimeMs),
    nextUpdate: new Date(expiresAt(new X509Certificate(authority.cert))),
    entries: revocations.map(({ serial, revokedAt }) => ({
      serialNumber: evenDigits(serial),
      revocationDate: new Date(revokedAt),
    })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey)],
    ...(await signerOf(authority.key)),
  });
  return pemBlock("X509 CRL", Buffer.from(list.rawData));
}

/**
 * All that the lists in a text revoke. There is at least one, and each is signed by one of `authorities`, so that
 * a text that was tampered with, or is not written to its end, is an error and never a shorter list.
 *
 * @throws RnpError `AUTH_FAILED`
 */
export async function revocationsIn(
  { name, text }: NamedText,
  authorities: readonly X509Certificate[],
): Promise<Revocation[]> {
  const blocks = text.match(LIST_BLOCK) ?? [];
  if (blocks.length === 0) throw damaged(name, "no PEM of an X509 CRL");
  const lists = blocks.map((block) => parsed(name, block));
  for (const list of lists) {
    if (!(await isSigned(list, authorities))) throw damaged(name, "one that another CA has signed");
  }
  return lists.flatMap(({ entries }) => entries.map(revocationOf));
}

function revocationOf({ serialNumber, revocationDate }: x509.X509CrlEntry): Revocation {
  return { serial: normalSerial(serialNumber), revokedAt: revocationDate.getTime() };
}

function evenDigits(serial: string): string {
  return serial.length % 2 === 0 ? serial : `0${serial}`;
}

function parsed(name: string, block: string): x509.X509Crl {
  try {
    return new x509.X509Crl(derIn(block));
  } catch (cause) {
    throw damaged(name, "one that cannot be read", cause);
  }
}

async function isSigned(
  list: x509.X509Crl,
  authorities: readonly X509Certificate[],
): Promise<boolean> {
  for (const authority of authorities) {
    const publicKey = new x509.X509Certificate(authority.raw).publicKey;
    // A key of another kind than the signature makes the library throw.
    if (await list.verify({ publicKey }).catch(() => false)) return true;
  }
  return false;
}

function damaged(name: string, got: string, cause?: unknown): RnpError {
  const text = `${name}: expected revocation lists of this cluster's CA, got ${got}; copy its ca.crl again`;
  return new RnpError("AUTH_FAILED", text, { cause, details: { stage: "certificate" } });
}
