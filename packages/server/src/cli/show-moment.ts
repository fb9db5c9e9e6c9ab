import type { EventMoment, MomentDenial, MomentText, SessionMoment } from "@firebreak/protocol";
import { durationText, timeText } from "./format.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

const SHORT_CHARACTERS_MAX = 400;

interface Shape {
  /** long texts are printed as far as the page has them */
  readonly full: boolean;
}

/** Prints one moment of a session: a line with the time and what it was, and under it, indented, what was said. */
export function printMoment(output: Output, moment: SessionMoment, shape: Shape): void {
  const { line, style } = output;
  const at = style.dim(timeText(moment.at));
  switch (moment.type) {
    case "event":
      return printEvent(output, moment, shape);
    case "gap":
      return line(style.dim(`${at}  ── ${gapText(moment)} ──`));
    case "hold": {
      const whom = moment.target === null ? "everything" : printable(`${moment.scope} ${moment.target}`);
      const who = moment.actor === null ? "" : ` by ${printable(moment.actor.name)}`;
      const what = moment.change === "stopped" ? `STOPPED (${moment.level})` : "RESUMED";
      return line(`${at}  ${style.yellow(`${what} ${whom}${who}: ${printable(moment.reason)}`)}`);
    }
    case "act":
      return line(
        `${at}  ${style.yellow(`${moment.incidentId} ${printable(moment.actor.name)}: ${printable(moment.text)}`)}`,
      );
    default:
      return moment satisfies never;
  }
}

function gapText({ at, until, cause }: Extract<SessionMoment, { type: "gap" }>): string {
  const span = durationText(Date.parse(until) - Date.parse(at));
  switch (cause) {
    case "silence":
      return `silence: no sign of life for ${span}`;
    case "idle":
      return `alive, and told nothing for ${span}`;
    case "pause":
      return `nothing was told for ${span}`;
    default:
      return cause satisfies never;
  }
}

function printEvent({ line, style }: Output, moment: EventMoment, { full }: Shape): void {
  const name = moment.name === null ? "" : ` ${printable(moment.name)}`;
  const told = `${timeText(moment.at)}  ${String(moment.seq).padStart(6)}  ${moment.role}${name}`;
  line([style.bold(told), ...flagsOf(moment)].join("  "));
  const say = (label: string, text: MomentText | null) => {
    if (text === null) return;
    const shown = full ? text.text : text.text.slice(0, SHORT_CHARACTERS_MAX);
    const lines = shown.split("\n").map((one) => `    ${label}${printable(one)}`);
    for (const one of lines) line(one);
    if (shown.length < text.length) line(style.dim(`    … ${text.length} characters in all`));
  };
  say("", moment.text);
  say(moment.role === "call" ? "" : "with ", moment.arguments);
  if (moment.denied !== null) line(style.red(`    DENIED ${denialText(moment.denied)}`));
  if (moment.answer !== null) {
    const { outcome, durationMs, joinedBy } = moment.answer;
    const after = durationMs === null ? "" : ` after ${durationText(durationMs)}`;
    line(`    → ${outcome}${after}${joinedBy === "order" ? " (joined by order)" : ""}`);
    if (moment.answer.text !== moment.text) say("→ ", moment.answer.text);
  }
  for (const alert of moment.alerts) line(style.red(`    ALERT ${alert.id} ${printable(alert.title)}`));
}

function flagsOf({ outcome, risk, redacted, lateMs }: EventMoment): string[] {
  const taken = redacted.reduce((total, { count }) => total + count, 0);
  return [
    ...(outcome === "unknown" ? [] : [outcome]),
    ...(risk === null ? [] : [`risk ${risk}`]),
    ...(taken === 0 ? [] : [`${taken} redacted`]),
    ...(lateMs === null ? [] : [`told ${durationText(lateMs)} later`]),
  ];
}

function denialText({ denial, reason, policy, hold }: MomentDenial): string {
  const by =
    policy !== null
      ? `by policy ${policy}`
      : hold === null
        ? (denial ?? "")
        : `by the stop ${hold.id} (${hold.reason})`;
  return printable([by, reason].filter((part) => part !== null && part !== "").join(": "));
}
