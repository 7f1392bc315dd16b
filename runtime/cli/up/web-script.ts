/** The name under which the demonstration's service is registered. */
export const SERVICE_NAME = "clock";

/** The file name of the script in the script folder. */
export const SCRIPT_NAME = "clock.mjs";

/**
 * The program that instances of `rnp up` run: an HTTP service that tells the time. It is written into the
 * script folder when the constellation starts, so that it is there wherever `rnp` was installed.
 */
export const SCRIPT = `// The service of \`rnp up\`: tells the time over HTTP.
import { createServer } from "node:http";

const { PORT, INSTANCE_ID } = process.env;
const server = createServer((request, response) => {
  if (request.url === "/health") return response.end("well\\n");
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ instance: INSTANCE_ID, time: new Date().toISOString() }));
});
server.listen(Number(PORT), "127.0.0.1", () => {
  console.log(\`listening on port \${server.address().port}\`);
});

process.on("SIGTERM", () => process.exit(0));

// Were its agent killed, nobody would be left to stop it.
const agent = process.ppid;
setInterval(() => {
  if (process.ppid !== agent) process.exit(1);
}, 500).unref();
`;
