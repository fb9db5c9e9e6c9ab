import { fileURLToPath } from "node:url";
import { createDetector, judgeInThread, LiveRules } from "../../detection/index.ts";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../../kernel/index.ts";
import { createRedactor } from "../../redaction/index.ts";
import { openDatabase } from "../../storage/index.ts";
import { createIntake, parseEventBatch } from "../../telemetry/index.ts";
import { raiseAlerts } from "../index.ts";

/**
 * A Firebreak reduced to intake, detection and alerts, for tests that kill it. Arguments: database URL, rules directory,
 * a name for this round, `send` to send events for ever or `drain` to judge what is there and end, the program of the thread
 * that judges. Prints the id of every
 * event whose storage was acknowledged, ended by a semicolon; each tenth event, by an agent of its own, is a destructive command.
 */
const [databaseUrl = "", rulesDir = "", round = "", mode = "", workerFile = ""] = process.argv.slice(2);
const SENDERS = 4;
const BATCH = 20;
const severity = { label: "SEV", respondMinutes: 5 };
const profile = { detectors: [], severities: { 1: severity, 2: severity, 3: severity, 4: severity } };
const newId = createNewId(() => systemClock.now());
const context = { clock: systemClock, logger: silentLogger };
const redactor = createRedactor(DEFAULT_REDACTION);
const database = await openDatabase({
  ...context,
  databaseUrl,
  home: fileURLToPath(new URL(".", import.meta.url)),
  migrate: false,
});
const detector = createDetector({
  ...context,
  database,
  liveRules: new LiveRules({ rulesDirs: [rulesDir], openJudge: judgeInThread({ workerFile }) }),
  onMatches: (trx, found) =>
    raiseAlerts(trx, { clock: systemClock, newId, profile, maskText: redactor.maskText }, found),
});
const intake = createIntake({ ...context, database, newId, redactor, onStored: (events) => detector.wake(events) });
await detector.start();
if (mode === "drain") {
  await detector.drain();
  await detector.stop();
  await database.close();
} else {
  await Promise.all(Array.from({ length: SENDERS }, (_, sender) => send(sender)));
}

async function send(sender: number): Promise<never> {
  for (let number = 0; ; number += 1) {
    const ids = Array.from({ length: BATCH }, (_, index) => `${round}-${sender}-${number}-${index}`);
    const lines = ids.map((id, index) => JSON.stringify(makeEvent(id, index)));
    const batch = await parseEventBatch(Buffer.from(lines.join("\n")), "application/x-ndjson", systemClock.now());
    const receipt = await intake.accept(batch, { name: "test" });
    if (receipt.accepted === ids.length) process.stdout.write(`${ids.join(";\n")};\n`);
  }
}

function makeEvent(id: string, index: number) {
  const isDestructive = index % 10 === 0;
  const data = { command: isDestructive ? "rm -rf /srv" : "ls" };
  const agent = { id: isDestructive ? `rogue-${id}` : `calm-${id}` };
  return { id, time: new Date(systemClock.now()).toISOString(), agent, kind: "command", data };
}
