import { defineConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import type { TestSpecification } from "vitest/node";

/**
 * They run for minutes: started last, one of them would hold up a run whose other workers have nothing left to do. In a
 * fresh clone nothing else is known of how long a file takes.
 */
const LONGEST = [
  "test/drills/drill.test.ts",
  "test/cli/with-server.test.ts",
  "test/crash/kill-server.test.ts",
  "packages/server/src/app/shipped-runs/kills.test.ts",
  "test/console/pages.test.ts",
  "test/red-team/door-escapes.test.ts",
  "test/cli/without-server.test.ts",
  "test/cli/evidence-collect.test.ts",
  "test/cli/playbook-import.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`));
      return rank < 0 ? LONGEST.length : rank;
    };
    return (await super.sort(files)).toSorted((left, right) => rankOf(left) - rankOf(right));
  }
}

export default defineConfig({
  resolve: { conditions: ["firebreak-source"] },
  ssr: { resolve: { conditions: ["firebreak-source"] } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // what is waited for comes much later on a machine that has more to do
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: process.env["CI"] ? ["default"] : ["default"],
  },
});
