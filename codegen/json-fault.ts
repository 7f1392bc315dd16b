import { loadPeers } from "./peers.js";

/**
 * The line of what is wrong with text that is no JSON. Where `reason`, the message of `JSON.parse`, has no
 * position, TypeScript's parser finds it; what only that one takes, such as a comment, is not located.
 */
export async function faultLine(text: string, reason: string): Promise<number | undefined> {
  const position = /at position (\d+)/.exec(reason)?.[1];
  if (position !== undefined) return text.slice(0, Number(position)).split("\n").length;
  const { Project } = (await loadPeers()).tsMorph;
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  const source = project.createSourceFile("/schema.json", text);
  const [fault] = project.getProgram().getSyntacticDiagnostics(source);
  return fault?.getLineNumber();
}
