import { describe } from "vitest";
import { describeShippedRuns } from "./testing.ts";

describe("P-3: the playbooks of ai-empire", () => {
  describeShippedRuns("ai-empire");
});
