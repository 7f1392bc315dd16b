/** `make`, called once for each node and remembered. */
export function perNode<Made>(make: (id: string) => Made): (id: string) => Made {
  const made = new Map<string, Made>();
  return (id) => {
    let known = made.get(id);
    if (known === undefined) {
      known = make(id);
      made.set(id, known);
    }
    return known;
  };
}
