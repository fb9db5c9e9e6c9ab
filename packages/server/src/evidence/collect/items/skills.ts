import { createHash } from "node:crypto";
import path from "node:path";
import type { Collector } from "../collector.ts";

export const skills: Collector = {
  name: "skills",
  description: "the agents' skills: every file with its hash, and what differs from the approved baseline",
  seconds: { standard: 60, full: 300 },
  needs: [],
  collect: async ({ surroundings }, sink, signal) => {
    const reports = await surroundings.readSkills(signal);
    for (const { folder, report, problem } of reports) {
      const mark = createHash("sha256").update(folder).digest("hex").slice(0, 8);
      const name = `skills/${path.basename(folder)}-${mark}.json`;
      const facts = { name, description: `the skills in ${folder}` };
      if (report === null) sink.fail(facts, problem ?? "it cannot be read");
      else sink.json({ ...facts, degraded: problem ?? undefined, metadata: { folder } }, report);
    }
    if (reports.length === 0) {
      const facts = { name: "skills.json", description: skills.description };
      sink.json(facts, { folders: [], note: "the profile names no folder of skills, and none was found" });
    }
  },
};
