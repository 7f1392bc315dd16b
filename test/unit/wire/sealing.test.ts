import { createDecipheriv, createSecretKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seal, unseal } from "../../../runtime/wire/sealing.js";

const KEY = createSecretKey(Buffer.alloc(32, 7));
const PIECES = [Buffer.from("one "), Buffer.from("payload")];
const PLAIN = Buffer.from("one payload");
const ENCRYPTED = 2;

const codeOf = (work: () => unknown) => {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
};

describe("a sealed payload", () => {
  it("is one bin of nonce, ciphertext and tag that another implementation opens", () => {
    const sealed = seal(KEY, 258, ENCRYPTED, PIECES);
    expect(sealed.subarray(0, 14).toString("hex")).toBe("c427" + "00000000" + "0000000000000102");
    const decipher = createDecipheriv("aes-256-gcm", Buffer.alloc(32, 7), sealed.subarray(2, 14));
    decipher.setAAD(Buffer.from("524e5001" + "0100" + "0002", "hex"));
    decipher.setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([decipher.update(sealed.subarray(14, -16)), decipher.final()]);
    expect(plain).toEqual(PLAIN);
  });

  it.each([1, 227, 228, 65_507, 65_508, 100_000])("comes back, of %d bytes", (size) => {
    const plain = Buffer.alloc(size, 3);
    const opened = unseal(KEY, 0, ENCRYPTED, seal(KEY, 0, ENCRYPTED, [plain]));
    expect(Buffer.compare(opened, plain)).toBe(0);
  });

  it("is found out, whichever bit was changed, and where it is cut or longer", () => {
    const sealed = seal(KEY, 5, ENCRYPTED, PIECES);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      sealed[bit >> 3]! ^= 1 << (bit & 7);
      expect(
        codeOf(() => unseal(KEY, 5, ENCRYPTED, sealed)),
        `${bit}`,
      ).toMatch(/AUTH_F|PROTOCOL/);
      sealed[bit >> 3]! ^= 1 << (bit & 7);
    }
    for (let size = 0; size < sealed.length; size += 1) {
      const cut = sealed.subarray(0, size);
      expect(
        codeOf(() => unseal(KEY, 5, ENCRYPTED, cut)),
        `${size}`,
      ).toBe("PROTOCOL_ERROR");
    }
    const longer = Buffer.concat([sealed, Buffer.alloc(1)]);
    expect(codeOf(() => unseal(KEY, 5, ENCRYPTED, longer))).toBe("PROTOCOL_ERROR");
  });

  it("is found out under other flags or another key", () => {
    const sealed = seal(KEY, 5, ENCRYPTED, PIECES);
    expect(codeOf(() => unseal(KEY, 5, ENCRYPTED | 4, sealed))).toBe("AUTH_FAILED");
    const other = createSecretKey(Buffer.alloc(32, 8));
    expect(codeOf(() => unseal(other, 5, ENCRYPTED, sealed))).toBe("AUTH_FAILED");
  });

  it("is a replay as the frame of another place", () => {
    const sealed = seal(KEY, 5, ENCRYPTED, PIECES);
    expect(codeOf(() => unseal(KEY, 6, ENCRYPTED, sealed))).toBe("REPLAY_DETECTED");
    expect(codeOf(() => unseal(KEY, 4, ENCRYPTED, sealed))).toBe("REPLAY_DETECTED");
  });
});
