/** A session as the server tells it, for the pages that show conversations. */
import type { EventMoment, SessionMoment, SessionReplaySummary } from "@firebreak/protocol";
import { ADA, HOSTILE, type Sample } from "./sample-data.ts";

const LONG = Array.from({ length: 40 }, (_, line) => `line ${line + 1} of the listing`).join("\n");

type Say = (text: string) => string;

/** @returns what everybody in the sample says: plain, or with markup, a bell and a mark that reorders text in front */
function sayingOf({ isHostile }: Pick<Sample, "isHostile">): Say {
  return isHostile ? (text) => `${HOSTILE} \u001b[31m\u202e${text}` : (text) => text;
}

/** `ago` in seconds */
export function sessionOf(sample: Pick<Sample, "isHostile">, ago: (seconds: number) => string) {
  const say = sayingOf(sample);
  const part = (text: string) => ({ text: say(text), length: say(text).length });
  const event = (seq: number, secondsAgo: number, more: Partial<EventMoment>): EventMoment => ({
    type: "event",
    at: ago(secondsAgo),
    seq,
    eventId: `evt_${seq}`,
    agentId: "scout",
    run: null,
    source: "sdk",
    kind: "tool_call",
    role: "call",
    outcome: "unknown",
    risk: null,
    resource: null,
    name: null,
    model: null,
    text: null,
    arguments: null,
    answer: null,
    denied: null,
    alerts: [],
    redacted: [],
    indicators: [],
    lateMs: null,
    ...more,
  });
  const hold = {
    id: "hld_1",
    scope: "agent",
    target: "scout",
    level: "freeze",
    reason: say("It deletes the archive"),
  } as const;
  const moments: SessionMoment[] = [
    event(11, 700, { kind: "prompt", role: "prompt", text: part("Tidy up the archive and tell me what is left.") }),
    event(12, 698, { kind: "model_output", role: "thinking", model: say("m-large"), text: part("I list it first.") }),
    event(13, 697, {
      name: say("list_files"),
      arguments: part('{\n  "path": "/srv/archive"\n}'),
      answer: { seq: 14, at: ago(696), outcome: "success", text: part(LONG), durationMs: 840, joinedBy: "call_id" },
    }),
    event(15, 690, {
      kind: "network",
      role: "network",
      outcome: "success",
      resource: say("https://paste.example/u?<b>"),
      text: part("https://paste.example/u?<b>"),
      indicators: [
        {
          id: "ind_1",
          type: "domain",
          value: say("paste.example"),
          source: say("list"),
          severity: 2,
          path: "/data/url",
        },
      ],
      redacted: [{ category: "KEY", type: "github_token", path: say("/data/headers"), count: 2 }],
    }),
    { type: "gap", at: ago(690), until: ago(420), cause: "silence" },
    event(16, 420, {
      kind: "command",
      role: "command",
      outcome: "failure",
      risk: "critical",
      text: part("rm -rf /srv/archive"),
      alerts: [{ id: "alr_1", title: say("Destructive command"), severity: 1, incidentId: "INC-2026-0042" }],
      lateMs: 125_000,
    }),
    {
      type: "hold",
      at: ago(419),
      change: "stopped",
      holdId: hold.id,
      scope: hold.scope,
      target: hold.target,
      level: hold.level,
      reason: hold.reason,
      actor: { kind: "rule", id: "r1", name: say("Agent containment") },
      incidentId: "INC-2026-0042",
    },
    event(17, 400, {
      name: say("delete_all"),
      outcome: "denied",
      arguments: part("{}"),
      denied: { reason: say("stopped"), denial: "stopped", policy: null, hold },
    }),
    event(18, 399, {
      name: say("pay"),
      outcome: "denied",
      denied: { reason: say("no payments at night"), denial: "policy", policy: say("payments"), hold: null },
    }),
    {
      type: "act",
      at: ago(300),
      kind: "acknowledged",
      incidentId: "INC-2026-0042",
      actor: ADA,
      text: say("ada has it."),
    },
  ];
  const summary: SessionReplaySummary = {
    id: "ses_1",
    session: null,
    agents: [{ id: "scout", pack: "research" }],
    firstAt: ago(700),
    lastAt: ago(399),
    events: 7,
    denied: 2,
    failed: 1,
    kinds: [{ kind: "tool_call", count: 3 }],
    incidents: [{ id: "INC-2026-0042", title: say("scout runs away") }],
    marks: [
      { seq: 16, at: ago(420), cause: "alert", text: say("Destructive command") },
      { seq: 17, at: ago(400), cause: "denied", text: say("delete_all") },
      { seq: 18, at: ago(399), cause: "denied", text: say("pay") },
    ],
    marksCut: false,
  };
  return { moments, summary };
}
