import { createNewId, evidenceSettings, systemClock } from "../../kernel/index.ts";
import { emptySurroundings, sessionSubject } from "../collect/testing.ts";
import { collectEvidence } from "../collect-evidence.ts";

/** Collects output and workspace of a session, tells where it is, and prints what came of it and how memory grew. */
const [home = "", workspace = "", outputLog = "", fileMb = "1"] = process.argv.slice(2);

const level = { items: ["output", "workspace"], fileMb: Number(fileMb), itemMb: 100_000, timeLimitSeconds: 300 };
const before = process.memoryUsage().rss;
let peak = before;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
const summary = await collectEvidence(
  { home, database: null, clock: systemClock, actor: { kind: "cli", id: "test", name: "test" } },
  {
    archiveId: createNewId(() => systemClock.now())("evidence"),
    incidentId: null,
    agentIds: ["scout"],
    sessionId: null,
    sessions: [sessionSubject({ workspace, outputLog })],
    reason: "a test",
    level: "full",
    settings: evidenceSettings.parse({ levels: { full: level }, keepFreeMb: 0 }),
    surroundings: emptySurroundings(),
    signal: new AbortController().signal,
    onProgress: ({ progress }) => process.stderr.write(`${progress.current ?? "sealing"} ${progress.items}\n`),
  },
);
clearInterval(watch);
process.stdout.write(JSON.stringify({ grown: peak - before, id: summary.id, bytes: summary.bytes }));
