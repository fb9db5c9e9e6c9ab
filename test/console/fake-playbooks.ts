/** The part of the fake backend that the pages of playbooks and runs ask. */
import type { PlaybookDetail } from "@firebreak/protocol";
import type { Sample } from "./sample-data.ts";
import { lineOf } from "./sample-playbooks.ts";

interface Call {
  readonly body: Record<string, unknown>;
  readonly id: string;
}

interface Surroundings {
  readonly sample: Sample;
  readonly refuse: (code: "not_found" | "conflict", detail: string) => Error;
}

export function playbookRoutes({ sample, refuse }: Surroundings): Record<string, (call: Call) => unknown> {
  const { playbooks, refused } = sample.library;
  const runs = () => sample.incidents.flatMap((incident) => incident.runs);
  const find = (id: string): PlaybookDetail => {
    const found = playbooks.find((playbook) => playbook.id === id);
    if (found !== undefined) return found;
    const broken = refused.find((one) => one.id === id);
    const [any] = playbooks;
    if (broken === undefined || any === undefined) throw refuse("not_found", `There is no playbook ${id}.`);
    return { ...any, ...broken, title: id, runnable: false, steps: [], phases: [], text: "id: half\ntitle: [" };
  };
  const findRun = (id: string) => {
    const found = runs().find((run) => run.id === id);
    if (found === undefined) throw refuse("not_found", `There is no run ${id}.`);
    return found;
  };
  return {
    "GET /playbooks": () => ({ items: playbooks.map(lineOf), next: null, refused }),
    "GET /playbooks/:id": ({ id }) => find(id),
    "GET /runs": () => ({ items: runs(), next: null }),
    "GET /runs/:id": ({ id }) => findRun(id),
    "GET /runs/:id/playbook": ({ id }) => find(findRun(id).playbookId),
  };
}
