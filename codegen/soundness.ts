import type { Emitted } from "./emit/context.js";
import { FILES } from "./emit/files.js";
import type { Peers } from "./peers.js";

/** `index.ts` has no names of its own, and does not pass on those of the validators. */
const APART: ReadonlySet<string> = new Set([FILES.index, FILES.validators, FILES.validatorTypes]);

/** Throws where code of ours does not parse or two files export one name: a fault of the generator. */
export function assertSound(files: readonly Emitted[], { Project }: Peers["tsMorph"]): void {
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    skipFileDependencyResolution: true,
    compilerOptions: { noLib: true, noResolve: true },
  });
  const judged = files.filter(({ path }) => !APART.has(path));
  for (const { path, text } of judged) project.createSourceFile(`/${path}`, text);
  for (const fault of project.getProgram().getSyntacticDiagnostics()) {
    const place = `${fault.getSourceFile()?.getFilePath().slice(1)}:${fault.getLineNumber()}`;
    throw new Error(`generated code does not parse at ${place}: ${String(fault.getMessageText())}`);
  }
  const owners = new Map<string, string>();
  for (const { path } of judged) {
    for (const symbol of project.getSourceFileOrThrow(`/${path}`).getExportSymbols()) {
      const owner = owners.get(symbol.getName());
      if (owner !== undefined)
        throw new Error(`${owner} and ${path} both export ${symbol.getName()}`);
      owners.set(symbol.getName(), path);
    }
  }
}
