import type { Actor, OriginalsView, RevealView } from "@firebreak/protocol";

const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };
/** of the alert of the first incident */
const EVENT = "evt_1";

export const REVEALED = "ada@example.org<script>alert(1)</script>\u202egpj.exe\u001b[31m";

export const originalsOf = (ago: (minutes: number) => string): OriginalsView => ({
  eventId: EVENT,
  time: ago(14),
  items: [
    { category: "EMAIL", state: "kept", erasure: null },
    {
      category: "DOB",
      state: "erased",
      erasure: { id: "ers_1", at: ago(60), by: ADA, reason: "kept for 30 days", scope: { agent: "scout" }, keys: 2 },
    },
  ],
  reveals: [],
  refusal: null,
});

interface Call {
  readonly id: string;
  readonly body: Record<string, unknown>;
}

export function originalRoutes(view: OriginalsView, now: () => string): Record<string, (call: Call) => unknown> {
  return {
    "GET /events/:id/originals": ({ id }) => (id === EVENT ? view : { ...view, eventId: id, items: [] }),
    "POST /events/:id/reveal": ({ body }): RevealView => {
      view.reveals.unshift({ at: now(), by: ADA, reason: String(body["reason"]), categories: ["EMAIL"] });
      return {
        eventId: EVENT,
        values: [{ category: "EMAIL", type: "email", path: "data.output", text: REVEALED }],
        unreadable: [],
        left: 29,
      };
    },
  };
}
