import { useState } from "react";
import type { Severity, SourceView } from "@firebreak/protocol";
import { changeSource, type SourceChange } from "../api/commands.ts";
import { At } from "../components/bits.tsx";
import { FormDialog } from "../components/dialogs.tsx";
import { useAct } from "../hooks/use-act.ts";
import { SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";

const HOUR_MS = 3_600_000;
const PRESETS = ["firebreak", "github", "grafana", "grafana-timestamp", "slack", "standard"] as const;
const KEY = "key";
const OWN = "own";
const OVERLAPS = [
  { value: "1", label: "1 hour" },
  { value: "24", label: "1 day" },
  { value: "168", label: "1 week" },
  { value: "0", label: "not at all" },
];

type Template = NonNullable<SourceChange["template"]>;

/** What the form holds, as text. */
interface Draft {
  readonly name: string;
  readonly strict: boolean;
  readonly staleHours: string;
  readonly words: string;
  readonly template: string;
  readonly scheme: string;
  readonly secret: string;
  readonly overlap: string;
}

const isHook = ({ kind }: SourceView): boolean => kind !== "pagerduty" && kind !== "opsgenie";
const takesTemplate = ({ kind }: SourceView): boolean => kind === "webhook" || kind === "cloudevents";
const sayWords = ({ severities }: SourceView): string =>
  Object.entries(severities)
    .map(([word, level]) => `${word}=${level}`)
    .join("\n");
const sayTemplate = ({ template }: SourceView): string => (template === null ? "" : JSON.stringify(template, null, 2));
const secretOf = ({ signature }: SourceView): string => {
  const secret = signature?.["secret"];
  return typeof secret === "string" ? secret : "";
};

function draftOf(source: SourceView): Draft {
  return {
    name: source.name,
    strict: source.strict,
    staleHours: source.staleAfterMs === null ? "" : String(source.staleAfterMs / HOUR_MS),
    words: sayWords(source),
    template: sayTemplate(source),
    scheme: source.signature === null ? KEY : OWN,
    secret: secretOf(source),
    overlap: "24",
  };
}

const SEVERITIES: Readonly<Record<string, Severity>> = { "1": 1, "2": 2, "3": 3, "4": 4 };

/** @returns null when a line is no `word=N` */
function readWords(text: string): Record<string, Severity> | null {
  const words: Record<string, Severity> = {};
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const [, word = "", level = ""] = /^\s*([^=]+?)\s*=\s*([1-4])\s*$/.exec(line) ?? [];
    const severity = SEVERITIES[level];
    if (severity === undefined) return null;
    words[word] = severity;
  }
  return words;
}

/** The server judges the rest of it. */
function isTemplate(value: unknown): value is Template {
  return typeof value === "object" && value !== null && "title" in value && "key" in value;
}

function readTemplate(text: string): Template | "broken" | null {
  if (text.trim() === "") return null;
  try {
    const read: unknown = JSON.parse(text);
    return isTemplate(read) ? read : "broken";
  } catch {
    return "broken";
  }
}

function signatureOf({ scheme, secret }: Draft, source: SourceView): Pick<SourceChange, "signature"> {
  if (scheme === KEY) return source.signature === null ? {} : { signature: null };
  const preset = PRESETS.find((one) => one === scheme);
  if (preset !== undefined) return { signature: { preset, secret: secret.trim() } };
  const { signature } = source;
  if (signature === null || secret.trim() === secretOf(source)) return {};
  return { signature: { ...signature, header: String(signature["header"]), secret: secret.trim() } };
}

/** @returns what is to be changed, or a sentence that says what is missing */
function readChange(draft: Draft, source: SourceView): SourceChange | string {
  const words = readWords(draft.words);
  if (words === null) return "Write each word of a severity as word=N, with N from 1 to 4.";
  const template = readTemplate(draft.template);
  if (template === "broken") return "The template is no JSON object with a title and a key.";
  const hours = draft.staleHours.trim() === "" ? null : Number(draft.staleHours);
  if (hours !== null && !(hours >= 1 / 60 && hours <= 720))
    return "Say in hours, up to 720, when its alerts are stale.";
  if (draft.scheme !== KEY && draft.secret.trim() === "") return "Name the secret of the signature.";
  const staleAfterMs = hours === null ? null : Math.round(hours * HOUR_MS);
  const change: SourceChange = {
    ...(draft.name.trim() === source.name ? {} : { name: draft.name.trim() }),
    ...(draft.strict === source.strict ? {} : { strict: draft.strict }),
    ...(staleAfterMs === source.staleAfterMs ? {} : { staleAfterMs }),
    ...(draft.words === sayWords(source) ? {} : { severities: words }),
    ...(draft.template === sayTemplate(source) ? {} : { template }),
    ...signatureOf(draft, source),
  };
  return Object.keys(change).length === 0
    ? "Nothing is changed yet."
    : { ...change, overlapHours: Number(draft.overlap) };
}

interface FieldsProps {
  readonly source: SourceView;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

function Proof({ source, draft, onChange }: FieldsProps) {
  const schemes = [
    { value: KEY, label: "The key" },
    ...(source.signature === null ? [] : [{ value: OWN, label: "A signature, as it is" }]),
    ...PRESETS.map((value) => ({ value, label: `A signature: ${value}` })),
  ];
  return (
    <div className="form-pair">
      <SelectField
        label="What proves its messages"
        value={draft.scheme}
        options={schemes}
        onChange={(scheme) => onChange({ ...draft, scheme })}
      />
      {draft.scheme !== KEY && (
        <TextField
          label="Name of the secret"
          hint="An environment variable, or a file in the folder secrets of the home. A new secret is a new name."
          value={draft.secret}
          onChange={(event) => onChange({ ...draft, secret: event.target.value })}
        />
      )}
    </div>
  );
}

function Words({ source, draft, onChange }: FieldsProps) {
  return (
    <>
      <TextArea
        label="Its words for severities"
        hint="One a line: page=1"
        rows={3}
        value={draft.words}
        onChange={(event) => onChange({ ...draft, words: event.target.value })}
      />
      {takesTemplate(source) && (
        <TextArea
          label="Template (JSON)"
          hint="How its bodies become alerts: title and key at least; empty for the usual format."
          rows={5}
          value={draft.template}
          onChange={(event) => onChange({ ...draft, template: event.target.value })}
        />
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={draft.strict}
          onChange={(event) => onChange({ ...draft, strict: event.target.checked })}
        />
        <span>Refuse messages with a severity that is not known</span>
      </label>
    </>
  );
}

/** What of it still works as it was before the last change. */
function StillWorks({ source }: { readonly source: SourceView }) {
  const { previousName, previousNameUntil, previousSignatureUntil, previousKeyUntil } = source;
  const rows = [
    [`Its address as ${previousName}`, previousNameUntil],
    ["What is proved as before", previousSignatureUntil],
    ["Its previous key", previousKeyUntil],
  ] as const;
  const alive = rows.filter(([, until]) => until !== null && Date.parse(until) > Date.now());
  if (alive.length === 0) return null;
  return (
    <Notice tone="info" title="Still works from before">
      {alive.map(([what, until]) => (
        <p key={what} className="wrap-anywhere">
          {what}, until <At at={until ?? ""} withDay />
        </p>
      ))}
    </Notice>
  );
}

interface SenderDialogProps {
  readonly source: SourceView;
  readonly onClose: () => void;
}

/** Changes a sender; what was before goes on for a while, so that nothing it sends is lost. */
export function SenderDialog({ source, onClose }: SenderDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(source));
  const change = readChange(draft, source);
  const act = useAct((body: SourceChange) => changeSource(source.name, body), {
    stale: ["sources", "alerts", "incident"],
    done: `${draft.name.trim()} is changed`,
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Change ${source.name}`}
      description="Its open alerts go on. The old address and proof work for a while, so that its sender can be changed meanwhile."
      action="Change"
      refusal={typeof change === "string" ? change : null}
      busy={act.isPending}
      error={act.error}
      onClose={onClose}
      onSubmit={() => typeof change !== "string" && act.mutate(change)}
    >
      <StillWorks source={source} />
      <div className="form-pair">
        <TextField
          label="Name"
          hint={isHook(source) ? "Its address is /hooks/ and this name." : undefined}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
        />
        <TextField
          label="Its alerts are stale after (hours)"
          hint="Empty: never"
          inputMode="decimal"
          value={draft.staleHours}
          onChange={(event) => setDraft({ ...draft, staleHours: event.target.value })}
        />
      </div>
      <Words source={source} draft={draft} onChange={setDraft} />
      {isHook(source) && <Proof source={source} draft={draft} onChange={setDraft} />}
      <SelectField
        label="Old address and proof go on working"
        value={draft.overlap}
        options={OVERLAPS}
        onChange={(overlap) => setDraft({ ...draft, overlap })}
      />
    </FormDialog>
  );
}
