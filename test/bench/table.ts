/** Rows of text in columns: the first to the left, the others, which are numbers, to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => cell(line, column).length)),
  );
  return lines.map((line) => lineText(line, widths)).join("\n");
}

function lineText(line: readonly string[], widths: readonly number[]): string {
  const cells = widths.map((width, column) => {
    const text = cell(line, column);
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  });
  return cells.join("  ").trimEnd();
}

function cell(line: readonly string[], column: number): string {
  return line[column] ?? "";
}
