import { createPrivateKey, KeyObject, webcrypto } from "node:crypto";

/*
 * The kinds of keys that certificates are made for. Both are small and sign fast; P-256 is what every tool and
 * every hardware module knows, Ed25519 needs no randomness to sign.
 */

export type KeyType = "p256" | "ed25519";

export const KEY_TYPES: readonly KeyType[] = ["p256", "ed25519"];

export const KEY_TYPE_DEFAULT: KeyType = "p256";

const ALGORITHMS = {
  p256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  ed25519: { name: "Ed25519" },
} as const;

export function newKeyPair(type: KeyType): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHMS[type], true, [
    "sign",
    "verify",
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

/** What kind of key `key` is, whether private or public; `undefined` where it is none of ours. */
export function keyTypeOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): KeyType | undefined {
  if (asymmetricKeyType === "ed25519") return "ed25519";
  return asymmetricKeyDetails?.namedCurve === "prime256v1" ? "p256" : undefined;
}

/** A private key to sign with, and how it signs. */
export interface Signer {
  readonly signingKey: webcrypto.CryptoKey;
  readonly signingAlgorithm: (typeof ALGORITHMS)[KeyType];
}

/** Throws `TypeError` where the key is of another kind than those that RNP makes. */
export async function signerOf(pem: string): Promise<Signer> {
  const key = createPrivateKey(pem);
  const type = keyTypeOf(key);
  if (type === undefined) throw new TypeError("expected a private key of P-256 or Ed25519");
  const signingAlgorithm = ALGORITHMS[type];
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, signingAlgorithm, false, [
    "sign",
  ]);
  return { signingKey, signingAlgorithm };
}

/** As PKCS #8 in PEM, without a passphrase. */
export function privateKeyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

/** `pem` under a passphrase: PKCS #8 with AES-256 and PBKDF2. */
export function encryptedKeyPem(pem: string, passphrase: string): string {
  const how = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase } as const;
  return createPrivateKey(pem).export(how).toString();
}
