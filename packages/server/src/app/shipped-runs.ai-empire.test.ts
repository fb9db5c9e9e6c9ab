import { describe } from "vitest";
import { describeShippedRuns } from "./testing-shipped-runs.ts";

describe("P-3: the playbooks of ai-empire", () => {
  describeShippedRuns("ai-empire");
});
