import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, type ReactNode, useId, useState } from "react";
import {
  type AgentView,
  HOLD_LEVELS,
  HOLD_SCOPES,
  type HoldLevel,
  type HoldScope,
  type KillswitchView,
  type StopPreview,
  type StopReceipt,
} from "@firebreak/protocol";
import { stopAgents } from "../api/commands.ts";
import { agentsQuery, killswitchQuery, stopPreviewQuery, type StopTarget } from "../api/queries.ts";
import { useAct } from "../hooks/use-act.ts";
import { useLate } from "../hooks/use-late.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Choices, SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";
import { count, LEVEL_WORDS, SCOPE_WORDS } from "../words.ts";
import { ProblemNotice } from "./bits.tsx";
import { stopCommandOf } from "./stop-command.ts";
import { isServersFault, Preview, useUnseen } from "./stop-preview.tsx";
import { StopResults } from "./stop-results.tsx";

/** What must be typed before everything is stopped, where no policy says otherwise. */
const CONFIRMATION = "everything";
const MINUTE_S = 60;
const ENDS = [
  { value: "", label: "When a person resumes it" },
  { value: String(30 * MINUTE_S), label: "After 30 minutes" },
  { value: String(120 * MINUTE_S), label: "After 2 hours" },
  { value: String(480 * MINUTE_S), label: "After 8 hours" },
  { value: String(1440 * MINUTE_S), label: "After a day" },
] as const;
const REASON_CHARACTERS_MIN = 3;

export interface StopFormProps {
  readonly scope?: HoldScope;
  readonly target?: string;
  readonly level?: HoldLevel;
  readonly incidentId?: string;
  /** what stands there to begin with */
  readonly reason?: string;
  readonly onClose?: () => void;
}

interface Draft {
  readonly scope: HoldScope;
  readonly target: string;
  readonly level: HoldLevel;
  readonly reason: string;
  readonly typed: string;
  /** seconds, as text; empty for a stop without an end */
  readonly ends: string;
  readonly drill: boolean;
}

type Policy = KillswitchView["policy"];

/** @returns what has to be typed before such a stop, or null */
function phraseFor(draft: Draft, policy: Policy | undefined): string | null {
  if (draft.scope === "global") return policy?.confirmation ?? CONFIRMATION;
  const target = draft.target.trim();
  const isCritical = draft.scope === "pack" && policy?.confirmCriticalPacks === true;
  return isCritical && policy.criticalPacks.includes(target) ? target : null;
}

/** Small and capital letters are one to a person in a hurry; the server gets the phrase as the policy writes it. */
const isTyped = (draft: Draft, phrase: string) => draft.typed.trim().toLowerCase() === phrase.toLowerCase();

function targetOf(draft: Draft): StopTarget | null {
  if (draft.scope === "global") return { scope: "global" };
  const target = draft.target.trim();
  return target === "" ? null : { scope: draft.scope, target };
}

function suggestions(scope: HoldScope, agents: readonly AgentView[]): readonly string[] {
  if (scope === "agent") return agents.map((agent) => agent.id);
  if (scope === "session") return agents.flatMap((agent) => (agent.session ? [agent.session.id] : []));
  if (scope === "pack") return [...new Set(agents.flatMap((agent) => (agent.pack === null ? [] : [agent.pack])))];
  return [];
}

/** @param isSeen whether the preview came, or is not waited for any longer */
function missing(draft: Draft, isSeen: boolean, phrase: string | null): string | null {
  if (targetOf(draft) === null) return `Say which ${SCOPE_WORDS[draft.scope].label.toLowerCase()} to stop.`;
  if (draft.reason.trim().length < REASON_CHARACTERS_MIN)
    return "Give a reason of at least three characters; it goes on the record.";
  if (phrase !== null && !isTyped(draft, phrase)) return `Type “${phrase}” to confirm.`;
  return isSeen ? null : "Wait until it shows what it will touch.";
}

/** A stop is proved in milliseconds; after so long the line or the server is the matter. */
const PROOF_MS = 6000;

interface TroubleProps {
  readonly isPending: boolean;
  readonly error: unknown;
  readonly draft: Draft;
  readonly confirmation: string | null;
}

/** What went wrong with the stop, and the way that needs neither this page nor the server when those are the matter. */
function Trouble({ isPending, error, draft, confirmation }: TroubleProps) {
  const isSlow = useLate(isPending, PROOF_MS);
  const isServer = error !== null && isServersFault(error);
  return (
    <>
      <ProblemNotice error={error} />
      {(isSlow || isServer) && (
        <Notice tone="warn" title="It can be stopped without this server">
          <p>On the host of the agents, which does not depend on it:</p>
          <pre className="command">{stopCommandOf({ ...draft, confirmation })}</pre>
        </Notice>
      )}
    </>
  );
}

function actionLabel(level: HoldLevel, preview: StopPreview | undefined, isUnseen: boolean): string {
  if (preview === undefined && isUnseen) return `${LEVEL_WORDS[level].label} without the preview`;
  const verb = level === "deny" ? "Deny calls of" : LEVEL_WORDS[level].label;
  return preview && preview.sessions.length > 0
    ? `${verb} ${count(preview.sessions.length, "session")}`
    : "Place the hold";
}

/** What is wanted most often, one press away. */
function Picks({ texts, onPick }: { readonly texts: readonly string[]; readonly onPick: (text: string) => void }) {
  return (
    <p className="quick-picks">
      {texts.map((text) => (
        <button key={text} type="button" className="pick" onClick={() => onPick(text)}>
          {text}
        </button>
      ))}
    </p>
  );
}

const REASONS = ["It does what it must not", "It behaves strangely", "As a precaution"] as const;

/** Ctrl-Enter in a text of several lines is what Enter is elsewhere. */
function submitByKey(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
}

interface TargetFieldProps {
  readonly draft: Draft;
  /** it is what a person fills in first */
  readonly isFirst: boolean;
  readonly onChange: (target: string) => void;
}

function TargetField({ draft, isFirst, onChange }: TargetFieldProps) {
  const listId = useId();
  const { data } = useQuery(agentsQuery);
  if (draft.scope === "global") return null;
  const known = suggestions(draft.scope, data?.items ?? []);
  const label = SCOPE_WORDS[draft.scope].label;
  return (
    <div>
      <TextField
        label={label}
        list={listId}
        value={draft.target}
        autoCapitalize="off"
        {...(isFirst ? { "data-autofocus": "" } : {})}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={listId}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {draft.target === "" && known.length > 0 && <Picks texts={known.slice(0, 6)} onPick={onChange} />}
    </div>
  );
}

const SCOPE_CHOICES = HOLD_SCOPES.map((value) => ({ value, label: SCOPE_WORDS[value].label }));
const LEVEL_CHOICES = HOLD_LEVELS.map((value) => ({
  value,
  label: LEVEL_WORDS[value].label,
  hint: LEVEL_WORDS[value].meaning,
}));

function pick<T extends string>(values: readonly T[], value: string, otherwise: T): T {
  return values.find((candidate) => candidate === value) ?? otherwise;
}

interface FieldsProps {
  readonly draft: Draft;
  readonly preset: boolean;
  readonly change: (part: Partial<Draft>) => void;
  readonly preview: ReactNode;
  readonly phrase: string | null;
}

function Fields({ draft, preset, change, preview, phrase }: FieldsProps) {
  return (
    <>
      <Choices
        label="What to stop"
        name="scope"
        value={draft.scope}
        choices={SCOPE_CHOICES}
        onChange={(value) => change({ scope: pick(HOLD_SCOPES, value, draft.scope), target: "", typed: "" })}
      />
      <TargetField draft={draft} isFirst={!preset} onChange={(value) => change({ target: value })} />
      <Choices
        label="How far"
        name="level"
        value={draft.level}
        choices={LEVEL_CHOICES}
        onChange={(value) => change({ level: pick(HOLD_LEVELS, value, draft.level) })}
      />
      {preview}
      <div>
        <TextArea
          label="Reason"
          rows={2}
          value={draft.reason}
          maxLength={1000}
          {...(preset ? { "data-autofocus": "" } : {})}
          onChange={(event) => change({ reason: event.target.value })}
          onKeyDown={submitByKey}
        />
        {draft.reason === "" && <Picks texts={REASONS} onPick={(reason) => change({ reason })} />}
      </div>
      <details className="more-fields">
        <summary>End and drill</summary>
        <SelectField
          label="Ends"
          hint="By itself it ends only when you say so; other holds stay."
          value={draft.ends}
          options={ENDS}
          onChange={(ends) => change({ ends })}
        />
        <label className="check">
          <input type="checkbox" checked={draft.drill} onChange={(event) => change({ drill: event.target.checked })} />
          This is a drill
        </label>
      </details>
      {phrase !== null && (
        <TextField
          label={`Type “${phrase}” to confirm`}
          value={draft.typed}
          autoCapitalize="off"
          onChange={(event) => change({ typed: event.target.value })}
        />
      )}
    </>
  );
}

/** What a stop says beside what it stops. */
function detailsOf({ scope, level, reason, ends, drill }: Draft, confirmation: string | null) {
  return {
    scope,
    level,
    reason: reason.trim(),
    ...(confirmation === null ? {} : { confirmation }),
    ...(ends === "" ? {} : { expiresInSeconds: Number(ends) }),
    ...(drill ? { drill: true } : {}),
  };
}

/** Stop something: what, how far and why; shows what it will touch first, then a result for every target. */
export function StopForm(props: StopFormProps) {
  const { scope = "agent", target = "", level = "freeze", reason: reasonGiven = "", incidentId, onClose } = props;
  const [draft, setDraft] = useState<Draft>({
    scope,
    target,
    level,
    reason: reasonGiven,
    typed: "",
    ends: "",
    drill: false,
  });
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const wanted = targetOf(draft);
  const preview = useQuery({ ...stopPreviewQuery(wanted ?? { scope: "global" }), enabled: wanted !== null });
  const policy = useQuery(killswitchQuery).data?.policy;
  const phrase = phraseFor(draft, policy);
  // Without a policy of its own it is this form alone that asks for the word.
  const confirmation = policy?.file === null ? null : phrase;
  const needed = draft.scope === "global" ? (policy?.globalRole ?? "commander") : (policy?.packRole ?? "responder");
  const refusal = useRefusal(needed);
  const [receipt, setReceipt] = useState<StopReceipt | null>(null);
  const stop = useAct(stopAgents, { onDone: setReceipt });
  const touched = wanted === null ? undefined : preview.data;
  const isUnseen = useUnseen(wanted !== null, preview);
  const blocked = refusal ?? missing(draft, touched !== undefined || isUnseen, phrase);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (blocked !== null || stop.isPending) return;
    stop.mutate({ ...wanted, ...detailsOf(draft, confirmation), ...(incidentId === undefined ? {} : { incidentId }) });
  };
  if (receipt !== null) {
    const forget = () => {
      setReceipt(null);
      change({ reason: "", typed: "" });
    };
    const again = () => {
      forget();
      change({ level: "kill" });
    };
    return <Done receipt={receipt} onAgain={receipt.verified ? null : again} onClose={onClose ?? forget} />;
  }
  return (
    <form className="stop-form" onSubmit={submit}>
      <Fields
        draft={draft}
        preset={target !== ""}
        change={change}
        phrase={phrase}
        preview={<Preview target={wanted} isUnseen={isUnseen} query={preview} />}
      />
      <Trouble isPending={stop.isPending} error={stop.error} draft={draft} confirmation={confirmation} />
      <div className="form-actions">
        <p className="form-note">{stop.isPending ? "" : "Nothing happens before you confirm."}</p>
        {onClose && <Button onClick={onClose}>Cancel</Button>}
        <Button type="submit" kind="danger" icon="stop" busy={stop.isPending} disabledReason={blocked}>
          {stop.isPending ? "Stopping, waiting for proof…" : actionLabel(draft.level, touched, isUnseen)}
        </Button>
      </div>
    </form>
  );
}

interface DoneProps {
  readonly receipt: StopReceipt;
  readonly onAgain: (() => void) | null;
  readonly onClose: () => void;
}

function Done({ receipt, onAgain, onClose }: DoneProps) {
  return (
    <div className="stop-form">
      <StopResults receipt={receipt} />
      <div className="form-actions">
        {onAgain && (
          <Button kind="danger" icon="stop" onClick={onAgain}>
            Go further: kill…
          </Button>
        )}
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  );
}
