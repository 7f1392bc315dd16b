import { randomBytes } from "node:crypto";
import { RnpError } from "../core/error.js";
import { LiveSecret } from "../wire/live-secret.js";
import type { NamedText } from "./pem.js";

/*
 * The secrets of a cluster as text, one on each line; the first signs, all verify, and what follows a `#` is for
 * people. To replace one without a pause takes three steps, each of which has to have reached every node before the
 * next: a new secret is added (all verify it), it moves to the front (all sign with it), the old one goes.
 */

/** What the next step of a replacement is. */
export type RotationStep = "added" | "promoted" | "retired";

const NEXT = "next: it moves to the front with the next step";
const OLD = "old: it goes with the next step";
const SECRET = /^[!-~]{32,256}$/;

/** A secret with all the entropy that its keys can have: 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * The secrets in a text, at least one.
 *
 * @throws RnpError `AUTH_FAILED` where a line is none; it does not repeat the line
 */
export function secretsIn({ name, text }: NamedText): [string, ...string[]] {
  const [first, ...others] = entriesOf(text).map(({ secret }) => secret);
  if (first === undefined) throw wrong(name, "none");
  assertSecrets(name, [first, ...others]);
  return [first, ...others];
}

/** @throws RnpError `AUTH_FAILED` */
export function assertSecrets(name: string, secrets: readonly string[]): void {
  if (secrets.length === 0) throw wrong(name, "none");
  if (!secrets.every((secret) => SECRET.test(secret))) throw wrong(name, "something else");
  if (new Set(secrets).size < secrets.length) throw wrong(name, "the same one twice");
}

/** Takes the next step of replacing the secret in a text, and says which it was. */
export function rotated(file: NamedText): { readonly text: string; readonly step: RotationStep } {
  secretsIn(file);
  const entries = entriesOf(file.text);
  const next = entries.find(({ note }) => note === NEXT);
  const kept = entries.filter(({ note }) => note !== NEXT && note !== OLD);
  if (next !== undefined) {
    const old = kept.map(({ secret }) => ({ secret, note: OLD }));
    return { text: textOf([{ secret: next.secret, note: "" }, ...old]), step: "promoted" };
  }
  if (kept.length < entries.length) return { text: textOf(kept), step: "retired" };
  return { text: textOf([...kept, { secret: newSecret(), note: NEXT }]), step: "added" };
}

interface Entry {
  readonly secret: string;
  readonly note: string;
}

function entriesOf(text: string): Entry[] {
  const lines = text.split("\n").map((line) => /^([^#]*)(?:#(.*))?$/.exec(line.trim()));
  const entries = lines.map((parts) => ({
    secret: (parts?.[1] ?? "").trim(),
    note: (parts?.[2] ?? "").trim(),
  }));
  return entries.filter(({ secret }) => secret !== "");
}

export function textOf(entries: readonly Entry[]): string {
  return (
    entries.map(({ secret, note }) => (note === "" ? secret : `${secret} # ${note}`)).join("\n") +
    "\n"
  );
}

/** As the core takes them. */
export function liveSecrets(secrets: readonly string[]): LiveSecret[] {
  return secrets.map((secret) => new LiveSecret(secret));
}

/** Whatever is wrong, it does not go into a log. */
function wrong(name: string, got: string): RnpError {
  const expected = "secrets of 32 to 256 printable characters, one on each line";
  const text = `${name}: expected ${expected}, got ${got}; make one with \`rnp secret new\``;
  return new RnpError("AUTH_FAILED", text, { details: { stage: "message" } });
}
