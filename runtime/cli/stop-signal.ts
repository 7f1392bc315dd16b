/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP, for what runs to end in good order. Whoever sends a second
 * one does not want to wait: the process exits at once with 1.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let askedAtMs = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (!stop.signal.aborted) {
      askedAtMs = performance.now();
      stop.abort(name);
    } else if (performance.now() - askedAtMs > ECHO_MS) {
      process.exit(1);
    }
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  return stop.signal;
}

/** Settles when `signal` aborts, at once where it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** npx passes a Ctrl-C on that the terminal has sent to everyone: one key press may arrive twice. */
const ECHO_MS = 300;
