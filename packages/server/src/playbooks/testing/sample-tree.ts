/** A playbook with a step of every kind that a machine does, nested in each other. */
import { actionFields, manualFields, playbookText, stepFields, verifyFields } from "./playbook-text.ts";
import type { StepFields } from "./playbook-text.ts";

const CALLED = "called";

/** An act whose name is its own in every run and item. */
function act(id: string, effector: "file.write" | "file.append", suffix = ""): StepFields {
  const input = { name: `\${inputs.tag}-${id}${suffix}`, behaviour: "slow" };
  return actionFields(id, { effector, with: input, undo: "auto", timeBox: "20s" });
}

const STEPS: readonly StepFields[] = [
  act("first", "file.write"),
  stepFields("both", "parallel", {
    branches: [
      { id: "left", steps: [act("once", "file.append"), verifyFields("check", "once", { timeBox: "20s" })] },
      {
        id: "right",
        steps: [
          stepFields("each-one", "for-each", {
            in: "[1, 2, 3]",
            atOnce: 2,
            steps: [act("write", "file.write", "-${each}"), act("append", "file.append", "-${each}")],
          }),
        ],
      },
    ],
  }),
  stepFields("way", "decision", {
    question: "Which way?",
    options: [
      { id: "this", label: "This", when: "steps.first.state == 'succeeded'", steps: [act("taken", "file.append")] },
      { id: "that", label: "That", steps: [act("untaken", "file.append")] },
    ],
  }),
  stepFields("call", "sub-playbook", { playbook: CALLED, inputs: { tag: "${inputs.tag}" } }),
  { ...act("left-out", "file.append"), when: "steps.first.state != 'succeeded'" },
  stepFields("rest", "wait", { for: "5ms" }),
  act("last", "file.append"),
];

const inputs = { tag: { type: "string" } };

export const SAMPLE_TREE = playbookText(STEPS, { inputs, outputs: { made: "steps.call.output.made" } });
/** The same, and then it waits for a person. */
export const SAMPLE_TREE_THAT_ASKS = playbookText([...STEPS, manualFields("ask")], { inputs });
export const SAMPLE_CALLED = playbookText(
  [
    act("inner", "file.write"),
    stepFields("until", "wait", { until: "steps.inner.state == 'succeeded'", every: "5ms" }),
    act("inner-once", "file.append"),
  ],
  { id: CALLED, inputs, outputs: { made: "steps.inner.output.name" } },
);

/** What the acts of a whole run are named, and whether each must not happen twice. */
export const SAMPLE_ACTS: readonly { readonly name: string; readonly once: boolean }[] = [
  { name: "first", once: false },
  { name: "once", once: true },
  ...["1", "2", "3"].flatMap((item) => [
    { name: `write-${item}`, once: false },
    { name: `append-${item}`, once: true },
  ]),
  { name: "taken", once: true },
  { name: "inner", once: false },
  { name: "inner-once", once: true },
  { name: "last", once: true },
];
