import type { PlaybookInput } from "@firebreak/protocol";
import { TextArea, TextField } from "../../ui/fields.tsx";

/** What was typed, by the names of the inputs. */
export type InputTexts = Readonly<Record<string, string>>;

function sayValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join("\n");
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @param known what the incident and the profile know of the inputs */
export function startingTexts(inputs: readonly PlaybookInput[], known: Readonly<Record<string, unknown>>): InputTexts {
  return Object.fromEntries(inputs.map(({ name, default: preset }) => [name, sayValue(known[name] ?? preset)]));
}

/** @returns the inputs as the server takes them; what is blank is left out */
export function toInputs(inputs: readonly PlaybookInput[], texts: InputTexts): Record<string, unknown> {
  const given = inputs.flatMap(({ name, type }): (readonly [string, unknown])[] => {
    const text = texts[name] ?? "";
    if (text.trim() === "") return [];
    if (type === "number") return [[name, Number(text)]];
    if (type === "boolean") return [[name, text === "true"]];
    if (type === "list")
      return [
        [
          name,
          text
            .split("\n")
            .map((line) => line.trim())
            .filter(Boolean),
        ],
      ];
    return [[name, text]];
  });
  return Object.fromEntries(given);
}

/** @returns what is not filled in, or cannot be, or null */
export function missingInput(inputs: readonly PlaybookInput[], texts: InputTexts): string | null {
  const blank = inputs.find(
    ({ name, required, type }) => required && type !== "boolean" && (texts[name] ?? "").trim() === "",
  );
  if (blank !== undefined) return `Fill in ${blank.name} first.`;
  const wrong = inputs.find(({ name, type }) => type === "number" && Number.isNaN(Number(texts[name] ?? "0")));
  return wrong === undefined ? null : `${wrong.name} must be a number.`;
}

interface InputFieldsProps {
  readonly inputs: readonly PlaybookInput[];
  readonly texts: InputTexts;
  readonly onChange: (texts: InputTexts) => void;
}

/** A field for each input of a playbook. */
export function InputFields({ inputs, texts, onChange }: InputFieldsProps) {
  return inputs.map(({ name, type, description, required }) => {
    const label = required ? name : `${name} (optional)`;
    const value = texts[name] ?? "";
    const set = (text: string) => onChange({ ...texts, [name]: text });
    const hint = description ?? undefined;
    if (type === "boolean")
      return (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={value === "true"}
            onChange={(event) => set(event.target.checked ? "true" : "false")}
          />
          <span>
            {name}
            {hint !== undefined && <span className="muted"> {hint}</span>}
          </span>
        </label>
      );
    if (type === "list")
      return (
        <TextArea
          key={name}
          label={`${label}, one a line`}
          hint={hint}
          rows={2}
          value={value}
          onChange={(event) => set(event.target.value)}
        />
      );
    return (
      <TextField
        key={name}
        label={label}
        hint={hint}
        inputMode={type === "number" ? "decimal" : "text"}
        value={value}
        onChange={(event) => set(event.target.value)}
      />
    );
  });
}
