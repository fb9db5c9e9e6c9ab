import { MATCHER_OPERATORS } from "@firebreak/protocol";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileMatchers, createManualClock, createNewId, profileSchema } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { listAlerts, previewSilence, receiveSignals } from "./index.ts";

const clock = createManualClock(Date.parse("2026-03-01T12:00:00Z"));
const severity = { label: "SEV", respondMinutes: 5 };
const { containment } = profileSchema.pick({ containment: true }).parse({});
const profile = {
  containment,
  detectors: [],
  playbooks: [],
  severities: { 1: severity, 2: severity, 3: severity, 4: severity },
};
const actor = { kind: "token", id: "tok_1", name: "prometheus" } as const;
const NAMES = ["team", "host", "odd 'name\\"] as const;
const VALUES = ["", "db", "web-1", "web-22", "ä\nb", 'q"uote\\'] as const;
let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
  const signals = Array.from({ length: 60 }, (_, index) => ({
    source: "prometheus",
    kind: "alertmanager",
    key: `k${index}`,
    action: "trigger" as const,
    title: "t",
    text: null,
    severity: 2 as const,
    labels: Object.fromEntries(
      NAMES.flatMap((name, place) => {
        const value = VALUES[Math.floor(index / VALUES.length ** place) % VALUES.length];
        return index % 7 === place || value === undefined ? [] : [[name, value]];
      }),
    ),
    annotations: {},
    links: [],
    startsAtMs: clock.now(),
    endsAtMs: null,
    staleAfterMs: null,
    groupKey: null,
    agentId: null,
    pack: null,
    detail: {},
    notes: [],
  }));
  await receiveSignals({ database: test.database, clock, newId: createNewId(() => clock.now()), actor }, signals);
});
afterAll(() => test.close());

it("D-9: lists and previews find exactly what the pipeline matches, whatever the conditions", async () => {
  const ctx = { database: test.database, profile };
  const { items } = await listAlerts(ctx, { limit: 500 });
  expect(items).toHaveLength(60);
  const pattern = fc.constantFrom(
    "",
    ".*",
    ".+",
    "web-.*",
    "web-[0-9]",
    "db|web-1",
    "(?i)DB",
    ".",
    'q"uote\\\\',
    "[^w].*",
  );
  const matcher = fc
    .record({
      name: fc.constantFrom(...NAMES, "alertname", "nobody"),
      op: fc.constantFrom(...MATCHER_OPERATORS),
      literal: fc.constantFrom(...VALUES),
      pattern,
    })
    .map(({ name, op, literal, pattern: text }) => ({ name, op, value: op.endsWith("~") ? text : literal }));
  await fc.assert(
    fc.asyncProperty(fc.array(matcher, { minLength: 1, maxLength: 4 }), async (matchers) => {
      const compiled = compileMatchers(matchers);
      const wanted = items.filter(({ labels }) => compiled.ok && compiled.value(labels)).map(({ id }) => id);
      const found = await listAlerts(ctx, { matchers, limit: 500 });
      expect(found.items.map(({ id }) => id)).toEqual(wanted);
      const preview = await previewSilence(ctx, { matchers });
      expect([preview.matched, preview.sample.map(({ id }) => id)]).toEqual([wanted.length, wanted.slice(0, 20)]);
    }),
    { numRuns: 300 },
  );
});
