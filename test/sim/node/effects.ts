import type { StoreBatch } from "../../../runtime/core/delivery/keeping/store.js";
import type { Change, Disk } from "../disk/disk.js";
import type { World } from "../world/world.js";
import type { CallNumbers } from "./caller.js";
import type { Keeper, Planned } from "./keeper.js";
import type { Life } from "./life.js";
import { effectKey } from "./sim-store.js";

/** Where a batch goes to be made durable. */
type Write = (batch: StoreBatch) => Promise<void>;

/** What handlers do that is to outlive a crash, and what they send together with it. */
export class Effects {
  readonly #world: World;
  readonly #life: Life;
  readonly #disk: Disk;
  readonly #numbers: CallNumbers;
  readonly #keeper: Keeper | undefined;

  /** `keeper`: what sends go by, where the node has a store. */
  constructor(
    world: World,
    life: Life,
    disk: Disk,
    numbers: CallNumbers,
    keeper: Keeper | undefined,
  ) {
    this.#world = world;
    this.#life = life;
    this.#disk = disk;
    this.#numbers = numbers;
    this.#keeper = keeper;
  }

  /** Has an effect for a message; settles when it is durable. */
  have(call: number): Promise<void> {
    const store = this.#keeper?.store;
    return this.haveBy(call, (batch) =>
      store === undefined ? this.#disk.commit(batch.effects as Change[]) : store.commit(batch),
    );
  }

  /** The same, where `write` makes it durable together with something else. */
  async haveBy(call: number, write: Write): Promise<void> {
    const { node } = this.#life;
    const effect = this.#numbers.next();
    const sends = this.#planned(effect);
    this.#world.tell({ kind: "effect", call, node, effect });
    const effects = [{ key: effectKey(call, effect), value: EMPTY }];
    await this.#commit(sends, async (batch) => {
      await write({ ...batch, effects });
      if (!this.#life.isOver) this.#world.tell({ kind: "durable", call, node, effect });
    });
  }

  #planned(effect: number): Planned[] {
    const keeper = this.#keeper;
    const isGenerous = keeper !== undefined && this.#world.dice.oneIn(5);
    return isGenerous ? keeper.plan(effect) : [];
  }

  #commit(sends: readonly Planned[], write: Write): Promise<void> {
    return this.#keeper === undefined ? write({}) : this.#keeper.commit(sends, write);
  }
}

const EMPTY = new Uint8Array(0);
