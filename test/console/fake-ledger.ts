import type { BreakerView, BudgetView } from "@firebreak/protocol";

/** What gates of the fake's host took of budgets, and what is cut off. */
export function ledgerOf(ago: (minutes: number) => string) {
  const day = { windowStart: ago(600), windowEnd: ago(-840), window: "day", inForce: true, reset: null } as const;
  const scout = { ...day, per: "agent", subject: "scout" } as const;
  const budgets: BudgetView[] = [
    { ...scout, budget: "spend-a-day", metric: "money", limit: 10, taken: 10, exhausted: true },
    {
      ...scout,
      budget: "spend-a-day",
      metric: "tokens",
      limit: 2_000_000,
      taken: 1_431_200,
      exhausted: false,
      reset: { by: "Ada", at: ago(90) },
    },
    {
      ...day,
      budget: "host-calls",
      per: "host",
      subject: "host",
      metric: "calls",
      limit: 1000,
      taken: 61,
      exhausted: false,
      inForce: false,
    },
  ];
  const none = {
    since: null,
    reason: null,
    by: null,
    probeFrom: null,
    inForce: true,
    breaker: "tools",
    per: "tool",
  } as const;
  const breakers: BreakerView[] = [
    {
      ...none,
      subject: "send_mail",
      state: "isolated",
      since: ago(12),
      reason: "it writes to the wrong people",
      by: "Ada",
    },
    { ...none, subject: "search", state: "open", since: ago(1), reason: "3 failures in 60 s", probeFrom: ago(-2) },
    { ...none, subject: "read", state: "closed" },
  ];
  return { budgets, breakers };
}

export type Ledger = ReturnType<typeof ledgerOf>;

interface Call {
  readonly body: Record<string, unknown>;
}

export function ledgerRoutes({ budgets, breakers }: Ledger): Record<string, (call: Call) => unknown> {
  const breakerIn = ({ body }: Call) => breakers.find(({ subject }) => subject === body["subject"]);
  const set = (call: Call, change: Partial<BreakerView>) => {
    const index = breakers.findIndex((one) => one === breakerIn(call));
    const before = breakers[index];
    if (before !== undefined) breakers[index] = { ...before, ...change };
    return breakers[index];
  };
  return {
    "GET /budgets": () => ({ items: budgets, next: null }),
    "GET /breakers": () => ({ items: breakers, next: null }),
    "POST /budgets/reset": ({ body }) => {
      const index = budgets.findIndex(({ budget, metric }) => budget === body["budget"] && metric === body["metric"]);
      const before = budgets[index];
      if (before !== undefined) budgets[index] = { ...before, taken: 0, exhausted: false };
      return { items: budgets.slice(index, index + 1), next: null };
    },
    "POST /breakers/isolate": (call) =>
      set(call, { state: "isolated", by: "Ada", reason: String(call.body["reason"]) }),
    "POST /breakers/close": (call) => set(call, { state: "closed", by: null, reason: null }),
  };
}
