/** Text as HTML shows it. */
export function escaped(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}

/** Prose of the schemas as HTML: what stands in backticks is code, and a name that has a section leads there. */
export function prose(text: string, known: ReadonlySet<string>): string {
  return escaped(text).replace(/`([^`]+)`|\b[A-Z][A-Z_]{3,}\b/g, (word, code?: string) => {
    const name = code ?? word;
    if (known.has(name)) return link(name);
    return code === undefined ? word : `<code>${code}</code>`;
  });
}

/** A link to the section of a message or an error. */
export function link(name: string): string {
  return `<a href="#${name}"><code>${name}</code></a>`;
}
