/** Prints one line on standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints one JSON value on one line; bytes as base64, 64-bit integers as text. */
export function printJson(value: unknown): void {
  print(toJson(value));
}

export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part) => jsonPart(part), indent);
}

function jsonPart(part: unknown): unknown {
  if (part instanceof Uint8Array) return Buffer.from(part).toString("base64");
  if (typeof part === "bigint") return part.toString();
  // A Buffer turns itself into { type, data } before a replacer sees it.
  if (isBufferJson(part)) return Buffer.from(part.data).toString("base64");
  return part;
}

function isBufferJson(part: unknown): part is { type: "Buffer"; data: number[] } {
  return (
    typeof part === "object" &&
    part !== null &&
    (part as { type?: unknown }).type === "Buffer" &&
    Array.isArray((part as { data?: unknown }).data)
  );
}

/** Rows in columns, each as wide as its widest cell, under a head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Milliseconds with as many digits as mean something: `0.42 ms`, `12.3 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
