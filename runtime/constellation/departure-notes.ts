import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { INSTANCE_CREATE, type InstanceCreate } from "../index.js";
import { makeFolderDurably, writeDurably } from "../node/durable-file.js";

/** Says that an instance is held for another node. */
export interface DepartureNote {
  readonly create: InstanceCreate;
  readonly to: string;
}

/**
 * The notes of the instances that are held, on disk: they outlive a crash of the agent, so that an instance
 * is neither lost nor started twice. They lie where instances do not work, so none writes its own.
 */
export class DepartureNotes {
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, "departures");
  }

  async add(note: DepartureNote): Promise<void> {
    await makeFolderDurably(this.#folder);
    await writeDurably(this.#pathOf(note.create.instance_id), Buffer.from(JSON.stringify(note)));
  }

  async remove(instanceId: string): Promise<void> {
    await rm(this.#pathOf(instanceId), { force: true });
  }

  /** All that an earlier life of this agent has left. */
  async list(): Promise<DepartureNote[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const whole = names.filter((name) => name.endsWith(".json"));
    return Promise.all(whole.map(async (name) => parse(await this.#read(name))));
  }

  #read(name: string): Promise<string> {
    return readFile(join(this.#folder, name), "utf8");
  }

  #pathOf(instanceId: string): string {
    return join(this.#folder, `${instanceId}.json`);
  }
}

function parse(text: string): DepartureNote {
  const { create, to } = JSON.parse(text) as DepartureNote;
  return { create: INSTANCE_CREATE.accept(create), to };
}
