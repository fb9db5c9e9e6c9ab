import { setTimeout as wait } from "node:timers/promises";
import { REPLAY_LIMITS, replayView } from "@firebreak/protocol";
import type { ReplayFinding, ReplayRequest, ReplayResult, ReplayView } from "@firebreak/protocol";
import { OperatorError, toIso } from "../../../kernel/index.ts";
import { usageError } from "../../arguments.ts";
import type { Command, CommandContext } from "../../command.ts";
import { ASKS_SERVER, EXIT } from "../../exit-codes.ts";
import { durationText, timeText } from "../../format.ts";
import { printable } from "../../printable.ts";
import { listenForStop } from "../../stop-signal.ts";
import { loadPlaces, shown } from "./places.ts";

const POLL_MS = 300;
const FINDINGS_SHOWN = 30;

export const replayCommand: Command = {
  name: "rules replay",
  summary: "run stored events against rules, without side effects",
  description: [
    "Says what would have been caught and when, and what would have been noise. The server runs the events it received in the range against the rules in force, or against those of --rules, in a " +
      "thread of its own; nothing is raised or changed. Matches are set against the alerts that were really raised: new, " +
      "same, or lost.",
    "--from and --to take a time (2026-01-31T12:00:00Z) or how long ago (7d, 12h, 30m). Ctrl-C cancels the replay.",
  ],
  options: {
    from: { type: "string", value: "TIME", summary: "where it begins, by the time of receipt" },
    to: { type: "string", value: "TIME", summary: "where it ends (now)" },
    rules: {
      type: "string",
      value: "DIR",
      repeatable: true,
      summary: "rules to replay with, instead of those in force",
    },
    rule: { type: "string", value: "ID", repeatable: true, summary: "only this rule" },
  },
  examples: [
    "firebreak rules replay --from 7d",
    "firebreak rules replay --from 7d --rules ./rules --rule my-rule",
    "firebreak rules replay --from 2026-01-05T00:00:00Z --to 2026-01-06T00:00:00Z --json",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output } = context;
    const request = await readRequest(context);
    const stop = listenForStop(() => {});
    try {
      const { id } = await client.post(replayView, "/replays", request);
      const view = await follow(context, id, stop.signal);
      output.result(view);
      if (view.result !== null) showResult(context, view.result);
      if (view.state === "failed") {
        throw new OperatorError(
          `The replay failed: ${printable(view.problem ?? "no reason was given")}`,
          "See the server's log.",
        );
      }
      if (view.state === "cancelled") output.line("The replay was cancelled.");
      return view.state === "done" ? EXIT.ok : EXIT.failed;
    } finally {
      stop.dispose();
    }
  },
};

async function readRequest(context: CommandContext): Promise<ReplayRequest> {
  const { args, clock } = context;
  const now = clock.now();
  const from = readTime("from", args.requiredText("from"), now);
  const to = readTime("to", args.text("to") ?? "0s", now);
  if (from >= to) throw usageError(replayCommand, "--from must lie before --to.");
  const ids = args.texts("rule");
  const rules = args.texts("rules").length === 0 ? undefined : await readRules(context);
  return {
    from: toIso(from),
    to: toIso(to),
    ...(ids.length === 0 ? {} : { ruleIds: [...ids] }),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** @throws OperatorError when the rules do not load or are too many to send */
async function readRules(context: CommandContext): Promise<{ name: string; text: string }[]> {
  const { sources, errors } = await loadPlaces(context, context.args.texts("rules"));
  const [error] = errors;
  if (error !== undefined) {
    throw new OperatorError(
      `${shown(context, error.file)}:${error.line}:${error.column} ${printable(error.message)}`,
      printable(error.remedy),
    );
  }
  const characters = sources.reduce((sum, { text }) => sum + text.length, 0);
  if (sources.length <= REPLAY_LIMITS.filesMax && characters <= REPLAY_LIMITS.charactersMax) {
    return sources.map(({ name, text }) => ({ name: shown(context, name), text }));
  }
  throw new OperatorError(
    `${sources.length} files with ${characters} characters are too many for one replay.`,
    `At most ${REPLAY_LIMITS.filesMax} files and ${REPLAY_LIMITS.charactersMax} characters: name fewer, or put them into the home's rules first.`,
  );
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function readTime(name: string, text: string, nowMs: number): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(text);
  if (ago !== null) return nowMs - Number(ago[1]) * (UNIT_MS[ago[2] ?? ""] ?? 0);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw usageError(replayCommand, `--${name} takes a time such as 2026-01-31T12:00:00Z, or how long ago such as 7d.`);
}

async function follow({ client, output }: CommandContext, id: string, stop: AbortSignal): Promise<ReplayView> {
  let told = -1;
  for (;;) {
    const view = await client.get(replayView, `/replays/${id}`);
    if (view.state !== "pending" && view.state !== "running") return view;
    if (stop.aborted) return client.post(replayView, `/replays/${id}/cancel`, {});
    const percent = Math.floor(view.progress.share * 10) * 10;
    if (percent > told)
      output.note(`${percent} %, ${view.progress.events} event(s), ${view.progress.matches} match(es)`);
    told = percent;
    await wait(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

function showResult({ output }: CommandContext, result: ReplayResult): void {
  const { rules, findings, errors } = result;
  output.line(
    `${result.events} event(s) against ${result.rulesAsked} rule(s) in ${result.seconds.toFixed(1)} s: ${result.matches} match(es).`,
  );
  if (result.truncated)
    output.line(output.style.yellow("The range holds more events than one replay reads; it ends early."));
  for (const { file, line, column, message } of errors) {
    output.line(output.style.red(`${printable(file)}:${line}:${column} ${printable(message)}`));
  }
  if (rules.length === 0) return output.line("No rule matched, and none of them had an alert.");
  output.line("");
  output.table(
    ["rule", "new", "same", "lost", "matches", "a day", "most by"],
    rules.map(({ title, new: fresh, same, lost, matches, perDay, agents }) => [
      printable(title),
      ...[fresh, same, lost, matches, perDay].map(String),
      printable(
        agents
          .slice(0, 2)
          .map(({ value, count }) => `${value} ${count}`)
          .join(", "),
      ),
    ]),
  );
  const changed = findings.filter(({ status }) => status !== "same");
  if (changed.length > 0) output.line("");
  for (const finding of changed.slice(0, FINDINGS_SHOWN)) output.line(describeFinding(finding));
  const more = changed.length - FINDINGS_SHOWN + result.findingsOmitted;
  if (more > 0) output.line(`and ${more} more (--json)`);
}

function describeFinding({
  status,
  at,
  agentId,
  matches,
  afterFirstEventMs,
  sentence,
  alertId,
}: ReplayFinding): string {
  const who = agentId === null ? "" : ` ${printable(agentId)}:`;
  const times = matches > 1 ? `, ${matches} times` : "";
  const after =
    afterFirstEventMs === null || afterFirstEventMs === 0
      ? ""
      : `, ${durationText(afterFirstEventMs)} after the first event`;
  const was = status === "lost" ? ` (alert ${printable(alertId ?? "")} would not be raised)` : "";
  return `${status}  ${timeText(at)}${who} ${printable(sentence)}${times}${after}${was}`;
}
