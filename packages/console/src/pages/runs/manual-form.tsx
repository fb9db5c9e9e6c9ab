import { useState } from "react";
import type { RunView, StepView } from "@firebreak/protocol";
import { completeStep, type StepAnswer } from "../../api/run-commands.ts";
import { ProblemNotice } from "../../components/bits.tsx";
import { showHidden } from "../../harmless.ts";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea, TextField } from "../../ui/fields.tsx";
import { count } from "../../words.ts";
import type { Asked, Capture } from "./asked.ts";

const STALE = ["run", "runs", "incident", "overview"];

interface TicksProps {
  readonly lines: readonly string[];
  readonly ticked: readonly string[];
  readonly onChange: (ticked: readonly string[]) => void;
}

/** Lines that a thumb can tick. */
function Ticks({ lines, ticked, onChange }: TicksProps) {
  return (
    <fieldset className="ticks">
      <legend className="field-label">
        {ticked.length} of {count(lines.length, "line")} ticked
      </legend>
      {lines.map((line) => (
        <label key={line} className="tick">
          <input
            type="checkbox"
            checked={ticked.includes(line)}
            onChange={(event) =>
              onChange(event.target.checked ? [...ticked, line] : ticked.filter((other) => other !== line))
            }
          />
          <span className="wrap-anywhere">{showHidden(line)}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface CaptureFieldProps {
  readonly capture: Capture;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function CaptureField({ capture, value, onChange }: CaptureFieldProps) {
  const label = capture.required ? capture.label : `${capture.label} (optional)`;
  if (capture.type === "boolean")
    return (
      <fieldset className="ticks">
        <legend className="field-label">{label}</legend>
        <div className="yes-no">
          {(["yes", "no"] as const).map((word) => (
            <label key={word} className="tick">
              <input type="radio" name={capture.name} checked={value === word} onChange={() => onChange(word)} />
              <span>{word === "yes" ? "Yes" : "No"}</span>
            </label>
          ))}
        </div>
      </fieldset>
    );
  return (
    <TextField
      label={label}
      inputMode={capture.type === "number" ? "decimal" : "text"}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

type Texts = Readonly<Record<string, string>>;

/** @returns what was written down, as the server takes it */
function toCaptured(capture: readonly Capture[], texts: Texts): NonNullable<StepAnswer["captured"]> {
  const given = capture.flatMap(({ name, type }): (readonly [string, string | number | boolean])[] => {
    const text = texts[name]?.trim() ?? "";
    if (text === "") return [];
    if (type === "number") return [[name, Number(text)]];
    return [[name, type === "boolean" ? text === "yes" : text]];
  });
  return Object.fromEntries(given);
}

/** @returns what keeps the step from being done, or null */
function missingOf({ checklist, capture }: Asked, ticked: readonly string[], texts: Texts): string | null {
  const open = checklist.filter((line) => !ticked.includes(line)).length;
  if (open > 0) return `Tick ${open === 1 ? "the last line" : `the ${count(open, "other line")}`} first.`;
  const blank = capture.find(({ name, required }) => required && (texts[name] ?? "").trim() === "");
  if (blank !== undefined) return `Write down “${blank.label}” first.`;
  const wrong = capture.find(({ name, type }) => type === "number" && Number.isNaN(Number(texts[name] ?? "0")));
  return wrong === undefined ? null : `“${wrong.label}” must be a number.`;
}

interface ManualFormProps {
  readonly run: RunView;
  readonly step: StepView;
  readonly asked: Asked;
}

/** A manual step: what to do, what to tick, what to write down. */
export function ManualForm({ run, step, asked }: ManualFormProps) {
  const [ticked, setTicked] = useState<readonly string[]>([]);
  const [texts, setTexts] = useState<Texts>({});
  const [note, setNote] = useState("");
  const refusal = useRefusal(asked.access);
  const act = useAct((answer: StepAnswer) => completeStep(run.id, step.id, answer), { stale: STALE });
  const said = note.trim();
  const noReason = said.length < 3 ? "Say why under “What you did or saw” first." : null;
  return (
    <div className="form">
      {asked.checklist.length > 0 && <Ticks lines={asked.checklist} ticked={ticked} onChange={setTicked} />}
      {asked.capture.map((capture) => (
        <CaptureField
          key={capture.name}
          capture={capture}
          value={texts[capture.name] ?? ""}
          onChange={(value) => setTexts({ ...texts, [capture.name]: value })}
        />
      ))}
      <TextArea
        label="What you did or saw"
        rows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <ProblemNotice error={act.error} />
      <div className="task-buttons">
        <Button
          kind="primary"
          icon="check"
          busy={act.isPending}
          disabledReason={refusal ?? missingOf(asked, ticked, texts)}
          onClick={() =>
            act.mutate({
              result: "done",
              note: said === "" ? "Done as it is written." : said,
              checked: [...ticked],
              captured: toCaptured(asked.capture, texts),
            })
          }
        >
          Done
        </Button>
        <Button
          kind="danger-plain"
          busy={act.isPending}
          disabledReason={refusal ?? noReason}
          onClick={() => act.mutate({ result: "not_done", note: said })}
        >
          It cannot be done
        </Button>
      </div>
    </div>
  );
}

/** A decision that no condition made: each option a button. */
export function DecisionForm({ run, step, asked }: ManualFormProps) {
  const [note, setNote] = useState("");
  const refusal = useRefusal(asked.access);
  const act = useAct((answer: StepAnswer) => completeStep(run.id, step.id, answer), { stale: STALE });
  return (
    <div className="form">
      <TextArea
        label="Why (optional)"
        rows={1}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <ProblemNotice error={act.error} />
      <div className="decision-options" role="group" aria-label="Options">
        {asked.options.map(({ id, label, severity }) => (
          <Button
            key={id}
            kind="plain"
            grow
            busy={act.isPending}
            disabledReason={refusal}
            onClick={() => act.mutate({ option: id, note: note.trim() === "" ? `Chose “${label}”.` : note.trim() })}
          >
            <span className="decision-label">{showHidden(label)}</span>
            {severity !== null && <span className="muted">sets severity {severity}</span>}
          </Button>
        ))}
      </div>
    </div>
  );
}

/** @returns a value as later steps read it: numbers, true and false are no texts */
function valueOf(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function toNeeded(needs: readonly string[], texts: Texts): NonNullable<StepAnswer["captured"]> {
  return Object.fromEntries(needs.map((name) => [name, valueOf((texts[name] ?? "").trim())]));
}

/** A step in whose middle the server stopped: only a person can say what became of it. */
export function InterruptedForm({ run, step, asked }: ManualFormProps) {
  const [note, setNote] = useState("");
  const [texts, setTexts] = useState<Texts>({});
  const refusal = useRefusal(asked.access);
  const act = useAct((answer: StepAnswer) => completeStep(run.id, step.id, answer), { stale: STALE });
  const said = note.trim();
  const blocked = refusal ?? (said.length < 3 ? "Say what you saw first." : null);
  const blank = step.needs.find((name) => (texts[name] ?? "").trim() === "");
  const unknown = blank === undefined ? null : `Say what “${blank}” was first: later steps read it.`;
  // None of the three stands out: a button must not suggest what only the person can know.
  const answer = (result: NonNullable<StepAnswer["result"]>, label: string) => (
    <Button
      grow
      busy={act.isPending}
      disabledReason={blocked ?? (result === "done" ? unknown : null)}
      onClick={() =>
        act.mutate({ result, note: said, ...(result === "done" ? { captured: toNeeded(step.needs, texts) } : {}) })
      }
    >
      {label}
    </Button>
  );
  return (
    <div className="form">
      <p>It must not happen twice. Look whether it took effect, then say what you saw.</p>
      <TextArea
        label="What you saw"
        rows={2}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {step.needs.map((name) => (
        <TextField
          key={name}
          label={`Its ${name}, if it took effect (later steps read it)`}
          value={texts[name] ?? ""}
          onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
        />
      ))}
      <ProblemNotice error={act.error} />
      <div className="form-choices">
        {answer("done", "It took effect")}
        {answer("again", "It did not: run it again")}
        {answer("not_done", "It did not, and must not run again")}
      </div>
    </div>
  );
}
