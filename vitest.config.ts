import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["firebreak-source"] },
  ssr: { resolve: { conditions: ["firebreak-source"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: process.env["CI"] ? ["default"] : ["default"],
  },
});
