import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId, useState } from "react";
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
import { useRefusal } from "../hooks/use-me.ts";
import { Button } from "../ui/button.tsx";
import { Choices, SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { Loading, Notice } from "../ui/layout.tsx";
import { count, LEVEL_WORDS, SCOPE_WORDS, SESSION_WORDS } from "../words.ts";
import { Ago, ProblemNotice, StateBadge } from "./bits.tsx";
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

function missing(draft: Draft, preview: StopPreview | undefined, phrase: string | null): string | null {
  if (targetOf(draft) === null) return `Say which ${SCOPE_WORDS[draft.scope].label.toLowerCase()} to stop.`;
  if (draft.reason.trim().length < REASON_CHARACTERS_MIN)
    return "Give a reason of at least three characters; it goes on the record.";
  if (phrase !== null && !isTyped(draft, phrase)) return `Type “${phrase}” to confirm.`;
  return preview === undefined ? "Wait until it shows what it will touch." : null;
}

function PreviewList({ preview }: { readonly preview: StopPreview }) {
  if (preview.sessions.length === 0) {
    return (
      <Notice tone="info" title="Nothing runs under this now">
        <p>The hold still refuses every new call and every new start that it covers.</p>
      </Notice>
    );
  }
  return (
    <ul className="preview-list">
      {preview.sessions.map((session) => (
        <li key={session.id} className="preview-item">
          <StateBadge word={SESSION_WORDS[session.state]} />
          <strong className="wrap-anywhere">{session.agentId}</strong>
          {session.pack && <span className="muted">pack {session.pack}</span>}
          <span className="muted">
            on {session.host}, since <Ago at={session.startedAt} />
          </span>
          <code className="preview-command">{session.command.join(" ")}</code>
        </li>
      ))}
    </ul>
  );
}

interface PreviewProps {
  readonly target: StopTarget | null;
  readonly query: { readonly data: StopPreview | undefined; readonly error: unknown; readonly isFetching: boolean };
}

/** The dry run: what a stop would touch, from the server, before anything is done. */
function Preview({ target, query }: PreviewProps) {
  const id = useId();
  const { data, error, isFetching } = query;
  return (
    <section className="preview" aria-labelledby={id} aria-live="polite" aria-busy={isFetching}>
      <h3 className="preview-title" id={id}>
        What it will touch
        {data && target && (
          <span className="muted">
            {" "}
            {count(data.sessions.length, "session")}, {count(data.agents.length, "agent")},{" "}
            {count(data.packs.length, "pack")}
          </span>
        )}
      </h3>
      {target === null && <p className="muted">Choose a target to see it.</p>}
      {target !== null && error !== null && <ProblemNotice error={error} />}
      {target !== null && data === undefined && error === null && (
        <Loading rows={2} label="Asking what it will touch" />
      )}
      {target !== null && data && <PreviewList preview={data} />}
    </section>
  );
}

function actionLabel(level: HoldLevel, preview: StopPreview | undefined): string {
  const verb = level === "deny" ? "Deny calls of" : LEVEL_WORDS[level].label;
  return preview && preview.sessions.length > 0
    ? `${verb} ${count(preview.sessions.length, "session")}`
    : "Place the hold";
}

interface TargetFieldProps {
  readonly draft: Draft;
  readonly onChange: (target: string) => void;
}

function TargetField({ draft, onChange }: TargetFieldProps) {
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
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={listId}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {draft.target === "" && known.length > 0 && (
        <p className="quick-picks">
          {known.slice(0, 6).map((name) => (
            <button key={name} type="button" className="pick" onClick={() => onChange(name)}>
              {name}
            </button>
          ))}
        </p>
      )}
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
      <TargetField draft={draft} onChange={(value) => change({ target: value })} />
      <Choices
        label="How far"
        name="level"
        value={draft.level}
        choices={LEVEL_CHOICES}
        onChange={(value) => change({ level: pick(HOLD_LEVELS, value, draft.level) })}
      />
      {preview}
      <TextArea
        label="Reason"
        rows={2}
        value={draft.reason}
        maxLength={1000}
        {...(preset ? { "data-autofocus": "" } : {})}
        onChange={(event) => change({ reason: event.target.value })}
      />
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

/** Stop something: what, how far and why; shows what it will touch first, then a result for every target. */
export function StopForm({ scope = "agent", target = "", level = "freeze", incidentId, onClose }: StopFormProps) {
  const [draft, setDraft] = useState<Draft>({
    scope,
    target,
    level,
    reason: "",
    typed: "",
    ends: "",
    drill: false,
  });
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const wanted = targetOf(draft);
  const preview = useQuery({ ...stopPreviewQuery(wanted ?? { scope: "global" }), enabled: wanted !== null });
  const policy = useQuery(killswitchQuery).data?.policy;
  const phrase = phraseFor(draft, policy);
  const needed = draft.scope === "global" ? (policy?.globalRole ?? "commander") : (policy?.packRole ?? "responder");
  const refusal = useRefusal(needed);
  const [receipt, setReceipt] = useState<StopReceipt | null>(null);
  const stop = useAct(stopAgents, { onDone: setReceipt });
  const touched = wanted === null ? undefined : preview.data;
  const blocked = refusal ?? missing(draft, touched, phrase);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (blocked !== null || stop.isPending) return;
    const { level: wantedLevel, reason } = draft;
    const part = incidentId === undefined ? {} : { incidentId };
    const details = {
      ...(phrase === null || policy?.file === null ? {} : { confirmation: phrase }),
      ...(draft.ends === "" ? {} : { expiresInSeconds: Number(draft.ends) }),
      ...(draft.drill ? { drill: true } : {}),
    };
    stop.mutate({ ...wanted, scope: draft.scope, level: wantedLevel, reason: reason.trim(), ...part, ...details });
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
        preview={<Preview target={wanted} query={preview} />}
      />
      <ProblemNotice error={stop.error} />
      <div className="form-actions">
        <p className="form-note">{stop.isPending ? "" : "Nothing happens before you confirm."}</p>
        {onClose && <Button onClick={onClose}>Cancel</Button>}
        <Button type="submit" kind="danger" icon="stop" busy={stop.isPending} disabledReason={blocked}>
          {stop.isPending ? "Stopping, waiting for proof…" : actionLabel(draft.level, touched)}
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
