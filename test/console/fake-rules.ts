/** The part of the fake backend that the pages of rules ask. */
import type { AlertView, ReplayView } from "@firebreak/protocol";
import { CASES, detailOf, TRIED } from "./sample-rules.ts";
import { clockOf, type Sample } from "./sample-data.ts";

interface Call {
  readonly body: Record<string, unknown>;
  readonly id: string;
}

interface Surroundings {
  readonly sample: Sample;
  readonly refuse: (code: "not_found" | "conflict", detail: string) => Error;
  readonly change: (topic: "alert" | "replay", id: string) => void;
}

const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;

export function rulesRoutes({ sample, refuse, change }: Surroundings): Record<string, (call: Call) => unknown> {
  const ago = () => clockOf(Date.now());
  const findAlert = (id: string): AlertView => {
    const found = sample.incidents.flatMap((incident) => incident.alerts).find((alert) => alert.id === id);
    if (!found) throw refuse("not_found", `There is no alert ${id}.`);
    return found;
  };
  const findReplay = (id: string): ReplayView => {
    const found = sample.replays.find((replay) => replay.id === id);
    if (!found) throw refuse("not_found", `There is no replay ${id}.`);
    return found;
  };
  return {
    "GET /rules": () => ({ rules: sample.rules, errors: sample.ruleErrors }),
    "GET /rules/:id": ({ id }) => {
      const rule = sample.rules.find((candidate) => candidate.id === id);
      if (!rule) throw refuse("not_found", `There is no rule ${id} in force.`);
      return detailOf(rule, ago());
    },
    "GET /rules/:id/cases": () => CASES,
    "POST /rules/try": () => TRIED,
    "GET /replays": () => ({ items: sample.replays.map(({ result: _result, ...summary }) => summary), next: null }),
    "POST /replays": ({ body }) => {
      const made: ReplayView = {
        id: "rpl_new",
        state: "pending",
        from: String(body["from"]),
        to: String(body["to"]),
        ruleIds: null,
        ruleFiles: null,
        requestedBy: ADA,
        requestedAt: ago()(0),
        startedAt: null,
        endedAt: null,
        progress: { events: 0, matches: 0, share: 0 },
        problem: null,
        result: null,
      };
      sample.replays.unshift(made);
      return made;
    },
    "GET /replays/:id": ({ id }) => findReplay(id),
    "POST /replays/:id/cancel": ({ id }) => {
      const replay = findReplay(id);
      if (replay.state === "done") throw refuse("conflict", "The replay has ended already.");
      change("replay", id);
      return Object.assign(replay, { state: "cancelled", endedAt: ago()(0) });
    },
    "POST /alerts/:id/false-positive": ({ id, body }) => {
      change("alert", id);
      return Object.assign(findAlert(id), { falsePositive: { reason: String(body["reason"]), by: ADA, at: ago()(0) } });
    },
    "DELETE /alerts/:id/false-positive": ({ id }) => {
      change("alert", id);
      return Object.assign(findAlert(id), { falsePositive: null });
    },
  };
}
