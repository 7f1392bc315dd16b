import { parseArgs } from "node:util";
import { machine } from "./machine.js";
import type { Suite } from "./suite.js";
import { SUITES } from "./suites/index.js";

/** Exit status for wrong usage. */
const WRONG_USAGE = 2;

/** Exit statuses of a process that was told to end. */
const STATUS_OF_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

// A signal alone would end the process without what it does at its exit.
for (const [signal, status] of Object.entries(STATUS_OF_SIGNAL)) {
  process.once(signal, () => process.exit(status));
}

const options = { json: { type: "boolean", default: false } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const suites = positionals.length === 0 ? SUITES : positionals.map(suiteNamed);

if (!values.json) {
  const { node, cpu, cores, platform } = machine();
  console.log(`Node ${node} on ${cores} x ${cpu}, ${platform}`);
}
for (const suite of suites) {
  const { result, text } = await suite.run();
  if (values.json) console.log(JSON.stringify(result));
  else console.log(`\n${suite.name}: ${suite.description}\n\n${text}`);
}

function suiteNamed(name: string): Suite {
  const suite = SUITES.find((candidate) => candidate.name === name);
  if (suite !== undefined) return suite;
  console.error(
    `usage: npm run bench -- [SUITE...] [--json]\nthere is no suite ${name}; there are:`,
  );
  for (const { name, description } of SUITES) console.error(`  ${name.padEnd(12)} ${description}`);
  process.exit(WRONG_USAGE);
}
