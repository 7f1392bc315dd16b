/**
 * Data as JSON has it, to compare it with: bytes as base64 text, whatever class holds them, and 64-bit
 * integers as text.
 */
export function asSent(data: unknown): unknown {
  if (data instanceof Uint8Array) return Buffer.from(data).toString("base64");
  if (typeof data === "bigint") return `${data}n`;
  if (Array.isArray(data)) return data.map(asSent);
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, asSent(value)]));
}
