import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  authenticationAt,
  isAuthentic,
  putAuthentication,
} from "../../../runtime/wire/authentication.js";
import { LiveSecret } from "../../../runtime/wire/live-secret.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { IncomingProtection } from "../../../runtime/wire/protection.js";

const NONCES = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, "0")).join(
  "",
);
const SECRET = new LiveSecret("an-example-that-everybody-may-read");
const KEYS = SECRET.keys(NONCES, "c2s");
const ID = Buffer.from("550e8400-e29b-41d4-a716-446655440000").toString("hex");
/** The example of the specification's page, as it is before it is authenticated. */
const PING = Buffer.from(
  `85a474797065a470696e67a26964d924${ID}a974696d657374616d70cf0000018cfe66d000` +
    "a673656e646572a66e6f64652d31a46461746181a974696d657374616d70cf0000018cfe66d000",
  "hex",
);
const DIGITS = "63170179a606f9ac1778c96a4f5e534abd87b91ffe3a2fe76b4032178c73e5f3";

function authenticated(payload = PING, counter = 1): Buffer {
  const writer = new PackWriter(256);
  writer.raw(payload);
  putAuthentication(writer, 0, KEYS.hmac, counter);
  return Buffer.from(writer.bytes());
}

const judge = (bytes: Uint8Array, counter = 1, keys = KEYS) => {
  const at = authenticationAt(bytes, 0, bytes.length);
  return at !== undefined && isAuthentic(bytes, 0, at, keys.hmac, counter);
};

describe("T-MAC-3: an authenticated payload", () => {
  it("has the bytes of the specification's page", () => {
    const bytes = authenticated();
    expect(bytes[0]).toBe(0x86);
    expect(bytes.subarray(1, 110)).toEqual(PING.subarray(1));
    expect(bytes.subarray(110).toString("latin1")).toBe(`\xa4hmac\xd9Gsha256:${DIGITS}`);
    expect(judge(bytes)).toBe(true);
  });

  it("is what another implementation makes of it", () => {
    const prefix = Buffer.from("0000000000000001" + "0100", "hex");
    const hmac = createHmac("sha256", KEYS.hmac.export()).update(prefix);
    expect(hmac.update(authenticated().subarray(0, 110)).digest("hex")).toBe(DIGITS);
  });

  it("is put back as it was", () => {
    const bytes = authenticated(PING, 0);
    const incoming = new IncomingProtection([{ secret: SECRET.id, keys: KEYS }], false);
    const end = incoming.open(bytes, 0, bytes.length);
    expect(bytes.subarray(0, end)).toEqual(PING);
    expect(incoming.provenSecret).toBe(SECRET.id);
  });
});

describe("T-MAC-1: a payload that was changed", () => {
  it("is found out, whichever bit it was", () => {
    const bytes = authenticated();
    let passed = 0;
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      if (judge(bytes)) passed += 1;
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(passed).toBe(0);
    expect(judge(bytes)).toBe(true);
  });

  it("is found out where it is cut, or nothing but authentication", () => {
    const bytes = authenticated();
    for (let size = 0; size < bytes.length; size += 1) {
      expect(judge(bytes.subarray(0, size)), `${size}`).toBe(false);
    }
    expect(judge(bytes.subarray(110))).toBe(false);
  });

  it("is found out where the digits are the same in capitals", () => {
    const text = authenticated().toString("latin1").replace(DIGITS, DIGITS.toUpperCase());
    expect(judge(Buffer.from(text, "latin1"))).toBe(false);
  });
});

describe("T-MAC-4: a payload that is good elsewhere", () => {
  it.each([
    ["another frame", 2, KEYS],
    ["the other direction", 1, SECRET.keys(NONCES, "s2c")],
    ["another connection", 1, SECRET.keys(`ff${NONCES.slice(2)}`, "c2s")],
    ["the greeting", 1, SECRET.keys("", "c2s")],
    ["another secret", 1, new LiveSecret("another-one-that-nobody-may-read").keys(NONCES, "c2s")],
  ])("is not as %s", (_, counter, keys) => {
    expect(judge(authenticated(), counter, keys)).toBe(false);
  });

  it("is not with the key that seals", () => {
    expect(judge(authenticated(), 1, { hmac: KEYS.seal, seal: KEYS.hmac })).toBe(false);
  });
});
