import { showHidden } from "../../harmless.ts";
import { Button } from "../../ui/button.tsx";

const FIELDS_MAX = 40;
/** As many characters as the search takes in a condition, and one line. */
const CONDITION_MAX = 512;
const PLAIN_NAME = /^[^.[\]=!<>~"\s]+$/u;

interface Field {
  readonly path: string;
  readonly value: string;
}

function fieldsOf(value: unknown, path: string): readonly Field[] {
  // of a list any entry may fit
  if (Array.isArray(value)) return value.flatMap((entry: unknown) => fieldsOf(entry, path));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, inner]) =>
      fieldsOf(inner, `${path}.${PLAIN_NAME.test(name) ? name : JSON.stringify(name)}`),
    );
  return [{ path, value: String(value) }];
}

/** @returns the fields of a record that a search can ask for, each with a value once */
function narrowingFields(data: unknown): readonly Field[] {
  const fields = new Map(fieldsOf(data, "data").map((field) => [`${field.path}=${field.value}`, field]));
  return [...fields.values()]
    .filter(({ path, value }) => /^\S.*$/.test(value) && `${path}!=${value}`.length <= CONDITION_MAX)
    .slice(0, FIELDS_MAX);
}

interface EventFieldsProps {
  readonly data: unknown;
  /** takes a condition as the search knows it */
  readonly onNarrow: (condition: string) => void;
}

/** The values of a record, each to search for, or to leave out. */
export function EventFields({ data, onNarrow }: EventFieldsProps) {
  const fields = narrowingFields(data);
  if (fields.length === 0) return null;
  return (
    <details className="event-fields">
      <summary>Narrow by a field</summary>
      <ul>
        {fields.map(({ path, value }) => (
          <li key={`${path}=${value}`}>
            <span className="wrap-anywhere">
              <code>{showHidden(path)}</code> {showHidden(value)}
            </span>
            <Button kind="quiet" aria-label={`Only ${path}=${value}`} onClick={() => onNarrow(`${path}=${value}`)}>
              Only
            </Button>
            <Button kind="quiet" aria-label={`Without ${path}=${value}`} onClick={() => onNarrow(`${path}!=${value}`)}>
              Without
            </Button>
          </li>
        ))}
      </ul>
    </details>
  );
}
