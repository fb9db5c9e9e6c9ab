import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ActionPreview, EffectorView } from "@firebreak/protocol";
import { applyAction, previewAction } from "../api/commands.ts";
import { effectorsQuery } from "../api/queries.ts";
import { useAct } from "../hooks/use-act.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { SelectField, TextArea, TextField } from "../ui/fields.tsx";
import { Notice } from "../ui/layout.tsx";
import { FormDialog, tooShort } from "./dialogs.tsx";
import { Loaded } from "./page.tsx";

const HOUR_SECONDS = 3_600;
const LENGTHS = [
  { value: "", label: "until somebody undoes it" },
  { value: String(HOUR_SECONDS / 4), label: "15 minutes" },
  { value: String(HOUR_SECONDS), label: "1 hour" },
  { value: String(8 * HOUR_SECONDS), label: "8 hours" },
  { value: String(24 * HOUR_SECONDS), label: "1 day" },
  { value: String(7 * 24 * HOUR_SECONDS), label: "1 week" },
];

/** The parameters that a form can ask for: texts and numbers. The rest is for the command line. */
function fieldsOf({ parameters }: EffectorView): { name: string; isNeeded: boolean; isNumber: boolean }[] {
  const { properties, required } = parameters;
  if (typeof properties !== "object" || properties === null) return [];
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return Object.entries(properties).flatMap(([name, schema]: [string, unknown]) => {
    const type = typeof schema === "object" && schema !== null && "type" in schema ? schema.type : undefined;
    const isNumber = type === "integer" || type === "number";
    if (!isNumber && type !== "string") return [];
    return [{ name, isNeeded: needed.includes(name), isNumber }];
  });
}

function toParameters(effector: EffectorView, texts: Readonly<Record<string, string>>): Record<string, unknown> {
  const given = fieldsOf(effector).flatMap(({ name, isNumber }) => {
    const text = texts[name]?.trim() ?? "";
    if (text === "") return [];
    return [[name, isNumber ? Number(text) : text] as const];
  });
  return Object.fromEntries(given);
}

/** What it would do, before it is done. */
function Preview({ preview }: { readonly preview: ActionPreview }) {
  const touched = Object.values(preview.blastRadius).flat();
  const isRefused = preview.obstacles.length > 0;
  return (
    <Notice
      tone={isRefused || preview.destroysEvidence ? "warn" : "info"}
      title={isRefused ? "This would be refused" : "This would happen"}
    >
      {preview.obstacles.map((obstacle) => (
        <p key={obstacle} className="wrap-anywhere">
          {obstacle}
        </p>
      ))}
      <ul className="approval-preview">
        {preview.changes.map((change) => (
          <li key={change} className="wrap-anywhere">
            {change}
          </li>
        ))}
      </ul>
      {touched.length > 0 && <p className="wrap-anywhere">Touches {touched.join(", ")}</p>}
      {preview.destroysEvidence && <p>It destroys evidence: take a snapshot before.</p>}
    </Notice>
  );
}

interface FieldsProps {
  readonly effector: EffectorView;
  readonly texts: Readonly<Record<string, string>>;
  readonly onChange: (texts: Readonly<Record<string, string>>) => void;
}

function Fields({ effector, texts, onChange }: FieldsProps) {
  return (
    <>
      {effector.missing.map(({ what, remedy }) => (
        <Notice key={what} tone="warn" title="It cannot work here">
          <p className="wrap-anywhere">
            {what}; {remedy}
          </p>
        </Notice>
      ))}
      {fieldsOf(effector).map(({ name, isNeeded, isNumber }) => (
        <TextField
          key={name}
          label={isNeeded ? name : `${name} (optional)`}
          inputMode={isNumber ? "numeric" : "text"}
          value={texts[name] ?? ""}
          onChange={(event) => onChange({ ...texts, [name]: event.target.value })}
        />
      ))}
    </>
  );
}

/** @returns what is not filled in yet, or cannot work, or null */
function incompleteOf(effector: EffectorView | undefined, texts: Readonly<Record<string, string>>): string | null {
  if (effector === undefined) return "Choose what to do.";
  const [missing] = effector.missing;
  if (missing !== undefined) return `It cannot work here: ${missing.what}.`;
  const blank = fieldsOf(effector).find(({ name, isNeeded }) => isNeeded && (texts[name] ?? "").trim() === "");
  return blank === undefined ? null : `Fill in ${blank.name}.`;
}

interface FormProps {
  readonly effectors: readonly EffectorView[];
  readonly onClose: () => void;
}

/** Shows what it would do first; only what was shown can be applied. */
function ActForm({ effectors, onClose }: FormProps) {
  const [name, setName] = useState("");
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [seconds, setSeconds] = useState("");
  const [reason, setReason] = useState("");
  const effector = effectors.find((one) => one.name === name);
  const parameters = effector === undefined ? {} : toParameters(effector, texts);
  const preview = useAct(() => previewAction(name, parameters), { stale: [] });
  const apply = useAct(
    () =>
      applyAction({
        effector: name,
        parameters,
        reason: reason.trim(),
        ...(seconds === "" ? {} : { forSeconds: Number(seconds) }),
      }),
    { stale: ["actions", "incident"], onDone: onClose },
  );
  const change = (act: () => void) => {
    act();
    preview.reset();
  };
  const refusal = useRefusal(effector?.role ?? "responder");
  const isShown = preview.data !== undefined;
  const isRefused = (preview.data?.obstacles.length ?? 0) > 0 ? "It would be refused." : null;
  const incomplete = incompleteOf(effector, texts);
  return (
    <FormDialog
      title="Act"
      description="Shows what it would touch before anything is done."
      action={isShown ? "Apply" : "Preview"}
      kind={isShown && effector?.destroysEvidence === true ? "danger" : "primary"}
      refusal={refusal ?? incomplete ?? isRefused ?? (isShown ? tooShort(reason, "a reason") : null)}
      busy={preview.isPending || apply.isPending}
      error={apply.error ?? preview.error}
      onClose={onClose}
      onSubmit={() => (isShown ? apply.mutate() : preview.mutate())}
    >
      <SelectField
        label="What to do"
        value={name}
        options={[
          { value: "", label: "choose…" },
          ...effectors.map((one) => ({ value: one.name, label: `${one.title} (${one.name})` })),
        ]}
        onChange={(value) => change(() => setName(value))}
      />
      {effector !== undefined && (
        <Fields effector={effector} texts={texts} onChange={(next) => change(() => setTexts(next))} />
      )}
      {effector !== undefined && effector.expiry !== "none" && (
        <SelectField label="For how long" value={seconds} options={LENGTHS} onChange={setSeconds} />
      )}
      {preview.data !== undefined && <Preview preview={preview.data} />}
      {isShown && (
        <TextArea
          label="Reason"
          rows={2}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
    </FormDialog>
  );
}

export function ActDialog({ onClose }: { readonly onClose: () => void }) {
  const query = useQuery(effectorsQuery);
  return <Loaded query={query}>{({ items }) => <ActForm effectors={items} onClose={onClose} />}</Loaded>;
}
