import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // `dist/test` holds the same tests, compiled.
    exclude: ["dist/**", "node_modules/**"],
    // Whole processes, TLS handshakes and disks are in the loop; a slow machine is no failure.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ["default", "json"],
    outputFile: { json: "dist/test-results.json" },
  },
});
