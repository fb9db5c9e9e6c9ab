import { incidentType, severity, stepState, runState } from "@firebreak/protocol";
import { z } from "zod";
import { EFFECTOR_REASONS } from "../containment/index.ts";

const value = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** What an effector, or what a step reads, comes to. Left out: it works and has no output. */
const outcome = z.strictObject({
  ok: z.boolean().default(true),
  reason: z.enum(EFFECTOR_REASONS).default("failed"),
  output: z.record(z.string(), z.unknown()).default({}),
});
export type SimulatedOutcome = z.output<typeof outcome>;

/** What persons say. Left out: what is asked is done, ticked and approved; a decision takes its first option. */
const answer = z.strictObject({
  result: z.enum(["done", "not_done", "skip"]).default("done"),
  option: z.string().optional(),
  captured: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  approval: z.enum(["approved", "denied", "none"]).default("approved").describe("none: nobody answers in time"),
});

/** One way through a playbook: how the world is, what persons say, and what must come of it. Steps are named by their ids. */
export const simulationCase = z.strictObject({
  title: z.string().trim().min(1).max(200).default("simulation"),
  inputs: z.record(z.string(), value).default({}),
  incident: z.strictObject({ severity: severity.default(2), type: incidentType.default("other") }).prefault({}),
  outcomes: z.record(z.string(), outcome).default({}),
  answers: z.record(z.string(), answer).default({}),
  signals: z.array(z.string()).default([]).describe("sent to the run"),
  expect: z
    .strictObject({
      run: runState.optional(),
      steps: z.record(z.string(), stepState).default({}),
    })
    .prefault({}),
});
export type SimulationCase = z.output<typeof simulationCase>;

/** `NAME.test.yaml` beside `NAME.yaml`. */
export const simulationFile = z.strictObject({ cases: z.array(simulationCase).min(1).max(200) });
