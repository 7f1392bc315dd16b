export type Print = (line: string) => void;

/** `path` as a shell takes it for one word, so that what is printed can be pasted. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
