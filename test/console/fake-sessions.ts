/** The part of the fake backend that the page of a session asks. */
import type { SessionMoment } from "@firebreak/protocol";
import type { Sample } from "./sample-data.ts";
import { sessionOf } from "./sample-session.ts";

interface Call {
  readonly query: URLSearchParams;
  readonly id: string;
}

export function sessionRoutes(
  sample: Sample,
  refuse: (code: "not_found", detail: string) => Error,
): Record<string, (call: Call) => unknown> {
  const told = sessionOf(sample, (seconds) => new Date(sample.startedMs - seconds * 1000).toISOString());
  const find = (id: string) => {
    if (id === "ses_none") throw refuse("not_found", `No event of a session ${id} is stored.`);
    return told;
  };
  return {
    "GET /sessions/:id/replay": ({ id, query }) => {
      const { moments } = find(id);
      const items: SessionMoment[] = query.get("end") === "true" ? [...moments, ...sample.later] : moments;
      const isSecond = query.has("after");
      return {
        items: isSecond ? items.slice(-2) : items,
        next: isSecond ? null : "1.18",
        previous: isSecond ? "1.17" : null,
      };
    },
    "GET /sessions/:id/replay/summary": ({ id }) => ({ ...find(id).summary, id }),
  };
}
