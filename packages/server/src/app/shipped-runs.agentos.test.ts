import { describe } from "vitest";
import { describeShippedRuns } from "./testing-shipped-runs.ts";

describe("P-4: the playbooks of agentos", () => {
  describeShippedRuns("agentos");
});
