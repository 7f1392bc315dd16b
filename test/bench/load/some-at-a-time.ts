/** Does something with each item, some at a time. */
export async function someAtATime<Item>(
  items: readonly Item[],
  countMax: number,
  action: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const goOn = async () => {
    // All take from one iterator.
    for (const [index, item] of entries) await action(item, index);
  };
  await Promise.all(Array.from({ length: countMax }, goOn));
}
