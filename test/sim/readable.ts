import type { Occurrence } from "./world/occurrence.js";

/** One line for what happened: when, what, and its facts. */
export function readable(at: number, { kind, ...facts }: Occurrence): string {
  const texts = Object.entries(facts)
    .filter(([, fact]) => fact !== undefined && fact !== "")
    .map(([name, fact]) => `${name}=${typeof fact === "object" ? JSON.stringify(fact) : fact}`);
  return `${at.toFixed(3).padStart(10)} ${kind.padEnd(9)} ${texts.join(" ")}`;
}
