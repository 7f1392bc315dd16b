/** Replaces a method by what `make` makes of it. Returns how to have the old one again. */
export function patch<Owner extends object, Name extends keyof Owner & string>(
  owner: Owner,
  name: Name,
  make: (original: Owner[Name]) => Owner[Name],
): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  if (before?.value === undefined) throw new Error(`there is no ${name} to plant a fault in`);
  Object.defineProperty(owner, name, { ...before, value: make(before.value) });
  return () => Object.defineProperty(owner, name, before);
}

/** The same for a property with a getter. */
export function patchGetter<Owner extends object, Name extends keyof Owner & string>(
  owner: Owner,
  name: Name,
  change: (value: Owner[Name], owner: Owner) => Owner[Name],
): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  const read = before?.get;
  if (before === undefined || read === undefined) throw new Error(`${name} has no getter`);
  function get(this: Owner): Owner[Name] {
    return change(read!.call(this), this);
  }
  Object.defineProperty(owner, name, { ...before, get });
  return () => Object.defineProperty(owner, name, before);
}

/** `true` once in so many times that it is asked: most of the time all goes well. */
export function everyTime(count: number): () => boolean {
  let asked = 0;
  return () => ++asked % count === 0;
}
