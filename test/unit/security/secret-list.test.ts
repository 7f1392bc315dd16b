import { describe, expect, it } from "vitest";
import { newSecret, rotated, secretsIn } from "../../../runtime/security/secret-list.js";

const [A, B] = ["a".repeat(32), "b".repeat(32)];
const file = (text: string) => ({ name: "secrets", text });

describe("a list of secrets", () => {
  it("has one on each line, and words for people", () => {
    expect(secretsIn(file(`# ours\n${A} # 2026\n\n  ${B}\n`))).toEqual([A, B]);
  });

  it.each(["", "# nothing", "short", `${A}\n${A}`, `${A} ${B}`, `${A}\0`])(
    "is refused as %j, without being repeated",
    (text) => {
      expect(() => secretsIn(file(text))).toThrow(
        /^\[AUTH_FAILED\] secrets: expected secrets of 32/,
      );
      expect(() => secretsIn(file(text))).not.toThrow("short");
    },
  );

  it("gets secrets that are good enough, each another", () => {
    const secrets = Array.from({ length: 100 }, newSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(secretsIn(file(secret))).toEqual([secret]);
  });
});

describe("a secret that is replaced", () => {
  it("is in the three steps: a new one verifies, it signs, the old one goes", () => {
    const added = rotated(file(`${A}\n`));
    const [first, second] = secretsIn(file(added.text));
    expect([added.step, first]).toEqual(["added", A]);
    const promoted = rotated(file(added.text));
    expect([promoted.step, secretsIn(file(promoted.text))]).toEqual(["promoted", [second, A]]);
    const retired = rotated(file(promoted.text));
    expect([retired.step, retired.text]).toEqual(["retired", `${second}\n`]);
    expect(rotated(file(retired.text)).step).toBe("added");
  });

  it("may be one of several, which all go together", () => {
    const added = rotated(file(`${A}\n${B}\n`));
    const promoted = rotated(file(added.text));
    const [next] = secretsIn(file(promoted.text));
    expect(secretsIn(file(promoted.text))).toEqual([next, A, B]);
    expect(secretsIn(file(rotated(file(promoted.text)).text))).toEqual([next]);
  });

  it("is none where the file holds none", () => {
    expect(() => rotated(file(""))).toThrow("expected secrets of 32");
  });
});
