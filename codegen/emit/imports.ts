import { posix } from "node:path";

interface Imported {
  readonly values: Set<string>;
  readonly types: Set<string>;
}

/** The imports of one generated file, collected while its code is made. Biome sorts them. */
export class Imports {
  readonly #file: string;
  readonly #wire: string;
  readonly #modules = new Map<string, Imported>();

  constructor(file: string, wire: string) {
    this.#file = file;
    const up = "../".repeat(file.split("/").length - 1);
    this.#wire = wire.startsWith(".") ? posix.join(up, wire) : wire;
  }

  /** Imports a function of `runtime/wire`. */
  wire(name: string): string {
    return this.#add(this.#wire, name, "values");
  }

  /** Imports a type of `runtime/wire`. */
  wireType(name: string): string {
    return this.#add(this.#wire, name, "types");
  }

  /** Imports a value of another generated file. */
  from(file: string, name: string): string {
    return file === this.#file ? name : this.#add(this.#relative(file), name, "values");
  }

  /** Imports a type of another generated file. */
  typeFrom(file: string, name: string): string {
    return file === this.#file ? name : this.#add(this.#relative(file), name, "types");
  }

  /** The import declarations. */
  lines(): readonly string[] {
    return [...this.#modules].map(([specifier, { values, types }]) => {
      const names = [...values, ...[...types].map((name) => `type ${name}`)].join(", ");
      if (values.size > 0) return `import { ${names} } from ${JSON.stringify(specifier)};`;
      return `import type { ${[...types].join(", ")} } from ${JSON.stringify(specifier)};`;
    });
  }

  #add(specifier: string, name: string, group: keyof Imported): string {
    const imported = this.#modules.get(specifier) ?? { values: new Set(), types: new Set() };
    imported[group].add(name);
    this.#modules.set(specifier, imported);
    return name;
  }

  #relative(file: string): string {
    const path = posix.relative(posix.dirname(this.#file), file.replace(/\.ts$/, ".js"));
    return path.startsWith(".") ? path : `./${path}`;
  }
}
