import type { ReactNode } from "react";
import { useSearchParams } from "wouter";
import { Button } from "../ui/button.tsx";
import { type Option, SelectField, TextField } from "../ui/fields.tsx";

export interface Filters {
  readonly get: (name: string, otherwise?: string) => string;
  readonly set: (name: string, value: string) => void;
}

/** Filters of a list. They live in the URL, so that a view can be sent to somebody; a change leads to the first page. */
export function useFilters(): Filters {
  const [params, setParams] = useSearchParams();
  return {
    get: (name, otherwise = "") => params.get(name) ?? otherwise,
    set: (name, value) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === "") next.delete(name);
          else next.set(name, value);
          if (name !== "after") next.delete("after");
          return next;
        },
        { replace: name === "q" },
      ),
  };
}

export function FilterBar({ children }: { readonly children: ReactNode }) {
  return (
    <div className="filters" role="search">
      {children}
    </div>
  );
}

interface SearchFieldProps {
  readonly filters: Filters;
  readonly placeholder: string;
}

/** Narrows the list with every letter; Escape clears it. */
export function SearchField({ filters, placeholder }: SearchFieldProps) {
  return (
    <TextField
      label="Search"
      type="search"
      data-search=""
      placeholder={placeholder}
      value={filters.get("q")}
      onChange={(event) => filters.set("q", event.target.value)}
      onKeyDown={(event) => (event.key === "Escape" ? filters.set("q", "") : undefined)}
    />
  );
}

interface FilterSelectProps {
  readonly filters: Filters;
  readonly name: string;
  readonly label: string;
  readonly options: readonly Option[];
  /** what is chosen when the URL does not say */
  readonly otherwise?: string;
}

export function FilterSelect({ filters, name, label, options, otherwise }: FilterSelectProps) {
  return (
    <SelectField
      label={label}
      value={filters.get(name, otherwise)}
      options={options}
      onChange={(value) => filters.set(name, value)}
    />
  );
}

/** To the next page of a list, and back to the first. */
export function Pager({ filters, next }: { readonly filters: Filters; readonly next: string | null }) {
  return (
    <div className="pager">
      {filters.get("after") !== "" && (
        <Button icon="back" onClick={() => filters.set("after", "")}>
          Newest
        </Button>
      )}
      {next !== null && <Button onClick={() => filters.set("after", next)}>Older</Button>}
    </div>
  );
}
