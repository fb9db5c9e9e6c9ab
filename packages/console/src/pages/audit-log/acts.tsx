import { useInfiniteQuery } from "@tanstack/react-query";
import type { AuditView } from "@firebreak/protocol";
import { useSearchParams } from "wouter";
import { type ActFilter, actsQuery } from "../../api/audit-queries.ts";
import { ActorName, At, ProblemNotice } from "../../components/bits.tsx";
import { LogProof } from "../../components/log-proof.tsx";
import { LongText } from "../../components/long-text.tsx";
import { showHidden } from "../../harmless.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/fields.tsx";
import { Empty, Loading, Panel } from "../../ui/layout.tsx";

const TEXTS = [
  ["text", "Text"],
  ["actor", "Who"],
  ["action", "Act"],
  ["target", "What it was done to"],
] as const satisfies readonly (readonly [keyof ActFilter, string])[];

const HINTS = { text: "stands in the record", actor: "ada", action: "legal_hold.", target: "INC-2026-0001" } as const;

const ALL = "";
const DAYS = [
  { value: ALL, label: "All of it" },
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
];

interface Filters {
  readonly filter: ActFilter;
  readonly set: (name: keyof ActFilter, value: string) => void;
}

/** They stand in the page's address, so that a link shows the same acts. */
function useFilters(): Filters {
  const [params, setParams] = useSearchParams();
  const texts = TEXTS.flatMap(([name]) => {
    const value = params.get(name);
    return value ? [[name, value] as const] : [];
  });
  const days = params.get("days") ?? ALL;
  const isKnown = days !== ALL && DAYS.some(({ value }) => value === days);
  return {
    filter: { ...Object.fromEntries(texts), ...(isKnown ? { days } : {}) },
    set: (name, value) =>
      setParams((before) => {
        const next = new URLSearchParams(before);
        if (value === "") next.delete(name);
        else next.set(name, value);
        return next;
      }),
  };
}

function FilterBar({ filter, set }: Filters) {
  return (
    <div className="act-filters panel-body" role="search" aria-label="Acts">
      {TEXTS.map(([name, label]) => {
        const value = filter[name] ?? "";
        const take = (text: string) => {
          if (text.trim() !== value) set(name, text.trim());
        };
        return (
          <TextField
            key={`${name} ${value}`}
            label={label}
            maxLength={256}
            placeholder={HINTS[name]}
            defaultValue={value}
            onBlur={(event) => take(event.target.value)}
            onKeyDown={(event) => (event.key === "Enter" ? take(event.currentTarget.value) : undefined)}
          />
        );
      })}
      <SelectField label="Time" value={filter.days ?? ALL} options={DAYS} onChange={(days) => set("days", days)} />
    </div>
  );
}

/** As it was hashed, over several lines. */
function recorded(leaf: string): string {
  try {
    return JSON.stringify(JSON.parse(leaf), null, 2);
  } catch {
    return leaf;
  }
}

function Act({ act: { seq, at, actor, action, target, leaf } }: { readonly act: AuditView }) {
  return (
    <li className="row log-row" data-act={seq}>
      <p className="agent-name">
        <strong className="wrap-anywhere">{showHidden(action)}</strong>
        {target !== null && <span className="wrap-anywhere">{showHidden(target)}</span>}
      </p>
      <p className="row-sub">
        <span>
          <At at={at} withDay />
        </span>
        <ActorName actor={actor} />
      </p>
      <details className="act-record">
        <summary>What was recorded</summary>
        <LongText text={recorded(leaf)} label={`act ${seq}`} />
        <LogProof of="act" seq={seq} />
      </details>
    </li>
  );
}

/** What persons, tokens, rules and daemons did, newest first. */
export function Acts() {
  const filters = useFilters();
  const query = useInfiniteQuery(actsQuery(filters.filter));
  const acts = (query.data?.pages ?? []).flatMap((page) => page.items);
  return (
    <Panel title="Who did what" icon="person">
      <FilterBar {...filters} />
      <ProblemNotice error={query.error} />
      {query.isPending && <Loading rows={5} />}
      {query.data !== undefined && acts.length === 0 && (
        <Empty title="No act matches">Take a filter off, or look further back.</Empty>
      )}
      <ol className="rows" aria-label="Acts">
        {acts.map((act) => (
          <Act key={act.seq} act={act} />
        ))}
      </ol>
      {query.hasNextPage && (
        <div className="panel-body">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </Panel>
  );
}
