import { type FormEvent, useState } from "react";
import type { ExtractedIndicators, IndicatorReceipt, Severity } from "@firebreak/protocol";
import { addIndicators, extractIndicators, importIndicators, type Origin } from "../../api/indicator-queries.ts";
import { ProblemNotice } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useMe, useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea, TextField } from "../../ui/fields.tsx";
import { Notice, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { TYPE_NAMES } from "./words.ts";

const FORMATS = [
  { value: "text", label: "One a line" },
  { value: "csv", label: "CSV with a heading" },
  { value: "stix", label: "STIX 2.1" },
  { value: "misp", label: "MISP JSON" },
  { value: "report", label: "A report: find them in it" },
] as const;
const SEVERITIES = [
  { value: "1", label: "1, critical" },
  { value: "2", label: "2, high" },
  { value: "3", label: "3, medium" },
  { value: "4", label: "4, low" },
];
/** What one request may carry, as JSON. */
const CONTENT_CHARACTERS_MAX = 400_000;
const VALUES_PER_REQUEST = 1_000;

type Format = (typeof FORMATS)[number]["value"];

const severityOf = (text: string): Severity => ([1, 2, 3, 4] as const).find((one) => String(one) === text) ?? 2;
const formatOf = (text: string): Format => FORMATS.find(({ value }) => value === text)?.value ?? "text";

async function addFound({ source, severity, items }: Origin & Pick<ExtractedIndicators, "items">) {
  const total: IndicatorReceipt = { added: 0, renewed: 0, rejected: [], rejectedTotal: 0 };
  for (const type of new Set(items.map((item) => item.type))) {
    const values = items.filter((item) => item.type === type).map(({ value }) => value);
    for (let from = 0; from < values.length; from += VALUES_PER_REQUEST) {
      const part = values.slice(from, from + VALUES_PER_REQUEST);
      const receipt = await addIndicators({ source, severity, type, values: part });
      total.added += receipt.added;
      total.renewed += receipt.renewed;
      total.rejectedTotal += receipt.rejectedTotal;
      total.rejected.push(...receipt.rejected);
    }
  }
  return total;
}

function Receipt({ receipt }: { readonly receipt: IndicatorReceipt }) {
  const { added, renewed, rejected, rejectedTotal } = receipt;
  const title = `${added} added, ${renewed} renewed, ${rejectedTotal} refused`;
  return (
    <Notice tone={rejectedTotal > 0 ? "warn" : "ok"} title={title}>
      {rejected.length > 0 && (
        <ul className="plain-list">
          {rejected.map(({ place, message }) => (
            <li key={`${place} ${message}`} className="wrap-anywhere">
              {place}: {message}
            </li>
          ))}
        </ul>
      )}
      {rejectedTotal > rejected.length && <p>and {count(rejectedTotal - rejected.length, "more", "more")}</p>}
    </Notice>
  );
}

interface FoundProps {
  readonly found: ExtractedIndicators;
  readonly busy: boolean;
  readonly refusal: string | null;
  readonly onAdd: (items: ExtractedIndicators["items"]) => void;
}

function FoundInReport({ found, busy, refusal, onAdd }: FoundProps) {
  const { items, truncated } = found;
  const defanged = items.filter((item) => item.defanged);
  if (items.length === 0) return <Notice tone="info" title="Nothing in it could be an indicator" />;
  return (
    <div>
      <p>
        {count(items.length, "thing")} could be an indicator, {defanged.length} of them written so that nobody clicks on
        it{truncated && "; there are more than are told"}.
      </p>
      <ul className="rows" aria-label="Found in the report">
        {items.map(({ type, value, line, defanged: isDefanged }) => (
          <li key={`${type} ${value}`} className="row">
            <span className="row-main">
              <code className="wrap-anywhere">{value}</code>
              <span className="row-sub">
                <span>{TYPE_NAMES[type]}</span>
                <span>line {line}</span>
                {isDefanged && <span>defanged</span>}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <div className="form-actions">
        <Button
          kind="primary"
          busy={busy}
          disabledReason={refusal ?? (defanged.length === 0 ? "None is defanged." : null)}
          onClick={() => onAdd(defanged)}
        >
          Add the {defanged.length} defanged
        </Button>
        <Button busy={busy} disabledReason={refusal} onClick={() => onAdd(items)}>
          Add all {items.length}
        </Button>
      </div>
    </div>
  );
}

function useAddForm() {
  const me = useMe();
  const [format, setFormat] = useState<Format>("text");
  const [content, setContent] = useState("");
  const [source, setSource] = useState(me.actor.name);
  const [severity, setSeverity] = useState("2");
  const stale = ["indicators", "indicator-scans"];
  const take = useAct(importIndicators, { stale, onDone: () => setContent("") });
  const look = useAct(extractIndicators, { stale: [] });
  const add = useAct(addFound, { stale, onDone: () => look.reset() });
  const shared = { source: source.trim(), severity: severityOf(severity) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (format === "report") look.mutate(content);
    else take.mutate({ ...shared, format, content });
  };
  const missing = content.trim() === "" || shared.source === "" ? "Give values and where they come from." : null;
  return {
    format,
    setFormat,
    content,
    setContent,
    source,
    setSource,
    severity,
    setSeverity,
    take,
    look,
    add,
    shared,
    submit,
    missing,
  };
}

function Outcome({ form, refusal }: { readonly form: ReturnType<typeof useAddForm>; readonly refusal: string | null }) {
  const { format, take, look, add, shared } = form;
  if (format !== "report") return take.data === undefined ? null : <Receipt receipt={take.data} />;
  return (
    <>
      {look.data !== undefined && (
        <FoundInReport
          found={look.data}
          busy={add.isPending}
          refusal={refusal}
          onAdd={(items) => add.mutate({ ...shared, items })}
        />
      )}
      {add.data !== undefined && <Receipt receipt={add.data} />}
    </>
  );
}

/** Takes what a person has: a few values, a list, or a report that somebody wrote. */
export function AddForm() {
  const refusal = useRefusal("responder");
  const form = useAddForm();
  const { format, content, source, take, look, add } = form;
  const isReport = format === "report";
  const tooLong =
    content.length > CONTENT_CHARACTERS_MAX ? "Too long for one request: use firebreak indicators import." : null;
  return (
    <Panel title="Add or import" icon="note">
      <form className="form try-form" onSubmit={form.submit}>
        <div className="form-pair">
          <SelectField
            label="What it is"
            value={format}
            options={FORMATS}
            onChange={(value) => form.setFormat(formatOf(value))}
          />
          <TextField
            label="Source"
            value={source}
            maxLength={128}
            onChange={(event) => form.setSource(event.target.value)}
          />
        </div>
        <TextArea
          label={isReport ? "Text" : "Values"}
          hint="Written so that nobody clicks on them (hxxp, [.]) is fine."
          error={tooLong}
          rows={6}
          value={content}
          spellCheck={false}
          onChange={(event) => form.setContent(event.target.value)}
        />
        <SelectField
          label="Severity of their alerts"
          value={form.severity}
          options={SEVERITIES}
          onChange={form.setSeverity}
        />
        <ProblemNotice error={take.error ?? look.error ?? add.error} />
        <div className="form-actions">
          <Button
            type="submit"
            kind="primary"
            busy={take.isPending || look.isPending}
            disabledReason={refusal ?? tooLong ?? form.missing}
          >
            {isReport ? "Look for indicators" : "Add"}
          </Button>
        </div>
      </form>
      <Outcome form={form} refusal={refusal} />
    </Panel>
  );
}
