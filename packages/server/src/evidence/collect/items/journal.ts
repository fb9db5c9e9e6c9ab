import type { Collector } from "../collector.ts";
import { keepOutput } from "../programs.ts";

export const journal: Collector = {
  name: "journal",
  description: "the system's journal, newest first",
  seconds: { standard: 120, full: 1200 },
  needs: [],
  collect: async ({ sinceMs, nowMs }, sink, signal) => {
    const description = journal.description;
    if (process.platform === "darwin") {
      const hours = Math.ceil((nowMs - sinceMs) / 3_600_000);
      const command = ["log", "show", "--style", "ndjson", "--last", `${hours}h`];
      await keepOutput(sink, { name: "journal.ndjson", description }, command, signal);
      return;
    }
    // newest first: of a journal that is too large the newest part is kept
    const since = `--since=@${Math.floor(sinceMs / 1000)}`;
    const command = ["journalctl", since, "--output=json", "--reverse", "--no-pager", "--quiet", "--all"];
    await keepOutput(sink, { name: "journal.ndjson", description }, command, signal);
  },
};
