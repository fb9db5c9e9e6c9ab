import { type ComponentProps, type ReactNode, useId } from "react";

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
}

interface Wiring {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

function Field({ label, hint, error, children }: FieldProps & { readonly children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {hint && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, ...rest }: FieldProps & Omit<ComponentProps<"input">, "id">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <input type="text" autoComplete="off" spellCheck={false} {...rest} {...wiring} className="input" />}
    </Field>
  );
}

export function TextArea({ label, hint, error, ...rest }: FieldProps & Omit<ComponentProps<"textarea">, "id">) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => <textarea rows={3} {...rest} {...wiring} className="input" />}
    </Field>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

interface SelectProps extends FieldProps, Omit<ComponentProps<"select">, "id" | "onChange" | "value"> {
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
}

/** The system's own select: the best one there is on a phone. */
export function SelectField({ label, hint, error, options, onChange, ...rest }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(wiring) => (
        <select {...rest} {...wiring} className="input select" onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

interface ChoicesProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}

/** One of a few, all in sight, each with its consequence. */
export function Choices({ label, name, value, choices, onChange }: ChoicesProps) {
  return (
    <fieldset className="choices">
      <legend className="field-label">{label}</legend>
      <div className="choice-row">
        {choices.map((choice) => (
          <label key={choice.value} className="choice">
            <input
              type="radio"
              name={name}
              value={choice.value}
              checked={choice.value === value}
              onChange={() => onChange(choice.value)}
            />
            <span className="choice-label">{choice.label}</span>
            {choice.hint && <span className="choice-hint">{choice.hint}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface ChecklistProps {
  readonly label: string;
  readonly lines: readonly string[];
  readonly checked: readonly string[];
  readonly onChange: (checked: string[]) => void;
}

/** Lines that have to be ticked one by one. */
export function Checklist({ label, lines, checked, onChange }: ChecklistProps) {
  const toggle = (line: string, isOn: boolean) =>
    onChange(isOn ? [...checked, line] : checked.filter((other) => other !== line));
  return (
    <fieldset className="checklist">
      <legend className="field-label">{label}</legend>
      {lines.map((line) => (
        <label key={line} className="check">
          <input
            type="checkbox"
            checked={checked.includes(line)}
            onChange={(event) => toggle(line, event.target.checked)}
          />
          {line}
        </label>
      ))}
    </fieldset>
  );
}
