import type { PlaybookDetail, PlaybookStepView } from "@firebreak/protocol";
import type { ReactNode } from "react";
import { showHidden } from "../../harmless.ts";
import { Badge } from "../../ui/badge.tsx";
import { Condition } from "./condition.tsx";
import { AFTER_FAILURE_WORDS, sayDuration } from "./words.ts";

export type RoleTitles = ReadonlyMap<string, string>;

export function roleTitles({ roles }: Pick<PlaybookDetail, "roles">): RoleTitles {
  return new Map(roles.map(({ id, title }) => [id, title]));
}

/** What has to be seen before the rest: what destroys, what asks first, what can be taken back. */
export function StepMarks({ step }: { readonly step: PlaybookStepView }) {
  return (
    <>
      {step.destroysEvidence && (
        <Badge tone="danger" title="What it does destroys traces: evidence is collected before.">
          Destroys evidence
        </Badge>
      )}
      {step.approval !== null && (
        <Badge
          tone="warn"
          icon="check"
          title={`Unanswered for ${sayDuration(step.approval.expiresAfter)} it is denied.`}
        >
          {step.approval.people === 1 ? "Needs a yes" : `Needs ${step.approval.people} yes`}
        </Badge>
      )}
      {step.undo === "auto" && (
        <Badge tone="ok" icon="retry" title="Taken back when the run is aborted or undone.">
          Can be undone
        </Badge>
      )}
      {step.undo === "none" && !step.onlyReads && (
        <Badge tone="neutral" title="It stays in effect, or cannot be taken back.">
          No way back
        </Badge>
      )}
      {!step.required && (
        <Badge tone="neutral" title="A person may skip it, and the run may still complete.">
          May be skipped
        </Badge>
      )}
    </>
  );
}

const SHELL_SAFE = /^[\w@%+=:,./${}-]+$/;
const quote = (part: string) => (SHELL_SAFE.test(part) ? part : `'${part.replaceAll("'", String.raw`'\''`)}'`);

/** @returns the command line of a step that runs one, else null */
function commandOf({ effector, with: given }: Pick<PlaybookStepView, "effector" | "with">): string | null {
  const { program, args } = given;
  if (!effector?.startsWith("command.") || typeof program !== "string") return null;
  const parts = Array.isArray(args) ? args.map(String) : [];
  return [program, ...parts].map(quote).join(" ");
}

/** What acts, with its parameters as they are written. */
export function Act({ step }: { readonly step: Pick<PlaybookStepView, "effector" | "with"> }) {
  const command = commandOf(step);
  const rest = Object.entries(step.with).filter(
    ([name]) => command === null || (name !== "program" && name !== "args"),
  );
  if (step.effector === null && rest.length === 0) return null;
  return (
    <div className="playbook-act">
      {step.effector !== null && <code className="playbook-effector">{step.effector}</code>}
      {command !== null && <pre className="command playbook-command">{showHidden(command)}</pre>}
      {rest.length > 0 && (
        <dl className="playbook-parameters">
          {rest.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="wrap-anywhere">{showHidden(typeof value === "string" ? value : JSON.stringify(value))}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** One sentence a fact: how long, who, what when it fails. */
export function stepFacts(
  step: PlaybookStepView,
  roles: RoleTitles,
  titles: ReadonlyMap<string, string>,
): readonly ReactNode[] {
  const who = (role: string) => roles.get(role) ?? role;
  return [
    ...personFacts(step, who),
    ...flowFacts(step, titles),
    `${step.type === "manual" ? "due after" : "at most"} ${sayDuration(step.timeBox)}`,
    ...(step.retries > 0 ? [`up to ${step.retries + 1} tries`] : []),
    ...(step.onFailure === "stop" ? [] : [`on failure ${AFTER_FAILURE_WORDS[step.onFailure]}`]),
    ...(step.onTimeout === step.onFailure ? [] : [`out of time: ${AFTER_FAILURE_WORDS[step.onTimeout]}`]),
  ];
}

function personFacts(step: PlaybookStepView, who: (role: string) => string): readonly string[] {
  return [
    ...(step.role === null ? [] : [`by ${who(step.role)}`]),
    ...(step.remindAfter === null ? [] : [`reminded after ${sayDuration(step.remindAfter)}`]),
    ...(step.escalateTo === null ? [] : [`then also ${who(step.escalateTo)}`]),
    ...(step.approval === null ? [] : [`unanswered for ${sayDuration(step.approval.expiresAfter)}: denied`]),
  ];
}

function flowFacts(step: PlaybookStepView, titles: ReadonlyMap<string, string>): readonly ReactNode[] {
  return [
    ...(step.of === null ? [] : [`looks whether “${titles.get(step.of) ?? step.of}” holds`]),
    ...(step.in === null ? [] : [<>for each of {<code className="wrap-anywhere">{step.in}</code>}</>]),
    ...(step.atOnce !== null && step.atOnce > 1 ? [`${step.atOnce} at the same time`] : []),
    ...(step.waitFor === null ? [] : [`waits ${sayDuration(step.waitFor)}`]),
    ...(step.signal === null ? [] : [`waits for the signal ${step.signal}`]),
    ...(step.waitEvery === null ? [] : [`looks every ${sayDuration(step.waitEvery)}`]),
  ];
}

/** What must be true for a verify to hold or a wait to end. */
export function Expectation({ step, titles }: { step: PlaybookStepView; titles: ReadonlyMap<string, string> }) {
  if (step.expect === null) return null;
  return (
    <p className="playbook-line">
      <span className="playbook-label">{step.type === "wait" ? "Until" : "Must hold"}</span>
      <Condition expression={step.expect} titles={titles} />
    </p>
  );
}
