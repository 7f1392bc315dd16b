/** What is made for each node when it is asked for. */
export interface PerNode<Made> {
  (id: string): Made;
  /** Lets it go; asked for again, it is made anew. */
  forget(id: string): void;
}

/** `make`, called once for each node and remembered. */
export function perNode<Made>(make: (id: string) => Made): PerNode<Made> {
  const made = new Map<string, Made>();
  const get = (id: string) => {
    let known = made.get(id);
    if (known === undefined) {
      known = make(id);
      made.set(id, known);
    }
    return known;
  };
  return Object.assign(get, { forget: (id: string) => void made.delete(id) });
}
