import { useQuery } from "@tanstack/react-query";
import type { EventFacets, SavedView } from "@firebreak/protocol";
import { facetsQuery, savedViewsQuery } from "../../api/explorer-queries.ts";
import { showHidden } from "../../harmless.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea, TextField } from "../../ui/fields.tsx";
import { Icon } from "../../ui/icons.tsx";
import { type ExplorerState, type FilterName, RANGES } from "./filters.ts";

const MORE = [
  ["session", "Session"],
  ["run", "Run"],
  ["agent", "Agent"],
  ["pack", "Pack"],
  ["rule", "Rule"],
  ["source", "Source"],
  ["resource", "Resource"],
] as const satisfies readonly (readonly [FilterName, string])[];

const CUSTOM = "custom";
const HAS_OPTIONS = [
  { value: "", label: "Anything" },
  { value: "redacted", label: "Something redacted" },
  { value: "indicators", label: "An indicator" },
];

/** A text that is taken when it is left or Enter is pressed. */
function FilterText({
  name,
  label,
  state,
  placeholder,
}: {
  name: FilterName;
  label: string;
  state: ExplorerState;
  placeholder?: string;
}) {
  const value = state.filters[name] ?? "";
  const take = (text: string) => {
    if (text.trim() !== value) state.set({ [name]: text.trim() });
  };
  return (
    <TextField
      key={value}
      label={label}
      {...(name === "text" ? { type: "search", "data-search": "" } : {})}
      {...(placeholder === undefined ? {} : { placeholder })}
      defaultValue={value}
      onBlur={(event) => take(event.target.value)}
      onKeyDown={(event) => (event.key === "Enter" ? take(event.currentTarget.value) : undefined)}
    />
  );
}

/** A time in the field's form, of this place: `2026-03-01T12:00`. */
function localOf(iso: string | undefined): string {
  const at = new Date(iso ?? "");
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function isoOf(local: string): string | null {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function CustomRange({ state }: { readonly state: ExplorerState }) {
  const { since, until } = state.query;
  return (
    <>
      <TextField
        label="From"
        type="datetime-local"
        value={localOf(since)}
        onChange={(event) => state.set({ since: isoOf(event.target.value), range: null })}
      />
      <TextField
        label="To"
        type="datetime-local"
        value={localOf(until)}
        onChange={(event) => state.set({ until: isoOf(event.target.value), range: null })}
      />
    </>
  );
}

function Views({ state }: { readonly state: ExplorerState }) {
  const views: readonly SavedView[] = useQuery(savedViewsQuery).data?.items ?? [];
  if (views.length === 0) return null;
  const take = (id: string) => {
    const view = views.find((one) => one.id === id);
    if (view === undefined) return;
    // the time stays as it is chosen, unless the view was saved with one of its own
    const times =
      view.filters["since"] === undefined && view.filters["until"] === undefined ? [] : ["since", "until", "range"];
    const none = Object.fromEntries([...Object.keys(state.filters), ...times].map((name) => [name, null]));
    const own = Object.entries(view.filters).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join("\n") : String(value),
    ]);
    state.set({ ...none, ...Object.fromEntries(own) });
  };
  const options = views.map((view) => ({
    value: view.id,
    label: showHidden(view.own ? view.name : `${view.name} (${view.owner.name})`),
  }));
  return (
    <SelectField label="Saved view" value="" options={[{ value: "", label: "Choose…" }, ...options]} onChange={take} />
  );
}

export function FilterBar({ state }: { readonly state: ExplorerState }) {
  const { range, set, query } = state;
  const more = [...MORE.map(([name]) => name), "path", "has"].filter((name) => query[name] !== undefined).length;
  const choose = (value: string) =>
    set(value === CUSTOM ? { since: query["since"] ?? null, range: null } : { range: value, since: null, until: null });
  return (
    <div className="explorer-filters" role="search">
      <div className="explorer-first">
        <FilterText name="text" label="Words" state={state} placeholder={'rm archive "a phrase" begin*'} />
        <SelectField
          label="Time"
          value={range ?? CUSTOM}
          options={[...RANGES, { value: CUSTOM, label: "From … to …" }]}
          onChange={choose}
        />
        {range === null && <CustomRange state={state} />}
        <Views state={state} />
      </div>
      <details className="explorer-more">
        <summary>More filters{more > 0 && ` (${more} on)`}</summary>
        <div className="explorer-fields">
          {MORE.map(([name, label]) => (
            <FilterText key={name} name={name} label={label} state={state} />
          ))}
          <SelectField
            label="Has"
            value={query["has"] ?? ""}
            options={HAS_OPTIONS}
            onChange={(value) => set({ has: value })}
          />
          <TextArea
            key={query["path"] ?? ""}
            label="Conditions on the record"
            hint="one a line: data.tool=exec, data.bytes>=1000, data.url~example.org"
            rows={2}
            defaultValue={query["path"] ?? ""}
            onBlur={(event) => set({ path: event.target.value.trim() })}
          />
        </div>
      </details>
      <Chosen state={state} />
    </div>
  );
}

/** What narrows the list now, each to be taken off. */
function Chosen({ state: { filters, set } }: { readonly state: ExplorerState }) {
  const chosen = Object.entries(filters);
  if (chosen.length === 0) return null;
  const clear = Object.fromEntries(chosen.map(([name]) => [name, null]));
  return (
    <ul className="chosen" aria-label="Filters that are on">
      {chosen.map(([name, value]) => (
        <li key={name}>
          <button type="button" className="pick chosen-pick" onClick={() => set({ [name]: null })}>
            <span className="sr-only">Take off: </span>
            {name} <strong>{showHidden(value)}</strong> <Icon name="cross" size={11} />
          </button>
        </li>
      ))}
      {chosen.length > 1 && (
        <li>
          <Button kind="quiet" onClick={() => set(clear)}>
            Clear all
          </Button>
        </li>
      )}
    </ul>
  );
}

const FACETS = ["outcome", "risk", "kind", "agent", "pack"] as const;
const ONE_VALUE: readonly string[] = ["agent", "pack"];

/** On a phone the events come first; what narrows them waits behind a line. */
const isWide = () => window.matchMedia("(min-width: 781px)").matches;

/** The values that most of the found events have, with their numbers: a click narrows to one, another widens again. */
export function Facets({ state }: { readonly state: ExplorerState }) {
  const facets: EventFacets | undefined = useQuery(facetsQuery(state.query)).data;
  if (facets === undefined) return null;
  return (
    <details open={isWide()}>
      <summary>Narrow to what was found</summary>
      <div className="facets">
        {FACETS.map((name) =>
          facets[name].length === 0 ? null : (
            <fieldset key={name} className="facet">
              <legend>{name}</legend>
              {facets[name].map(({ value, count: amount }) => (
                <FacetValue key={value} name={name} value={value} amount={amount} state={state} />
              ))}
            </fieldset>
          ),
        )}
      </div>
    </details>
  );
}

interface FacetValueProps {
  readonly name: (typeof FACETS)[number];
  readonly value: string;
  readonly amount: number;
  readonly state: ExplorerState;
}

function FacetValue({ name, value, amount, state: { filters, set } }: FacetValueProps) {
  const chosen = (filters[name] ?? "").split(",").filter((one) => one !== "");
  const isOn = chosen.includes(value);
  const next = isOn ? chosen.filter((one) => one !== value) : ONE_VALUE.includes(name) ? [value] : [...chosen, value];
  return (
    <button type="button" className="pick" aria-pressed={isOn} onClick={() => set({ [name]: next.join(",") })}>
      {showHidden(value)} <span className="pick-amount">{amount.toLocaleString("en")}</span>
    </button>
  );
}
