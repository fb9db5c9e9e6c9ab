import { describe } from "vitest";
import { describeShippedRuns } from "./testing.ts";

describe("P-4: the playbooks of openclaw-guide", () => {
  describeShippedRuns("openclaw-guide");
});
