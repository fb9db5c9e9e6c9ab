import { useState } from "react";
import { useSearchParams } from "wouter";
import type { EventQuery } from "../../api/explorer-queries.ts";
import { useNow } from "../../hooks/use-now.ts";

/** What events can be narrowed to; the same names stand in the page's address and in the API. */
export const FILTER_NAMES = [
  "text", "agent", "pack", "session", "run", "kind", "outcome", "risk", "rule", "source", "resource", "path", "has",
] as const; // prettier-ignore
export type FilterName = (typeof FILTER_NAMES)[number];

/** Spans up to now, in minutes. */
export const RANGES = [
  { value: "15", label: "Last 15 minutes" },
  { value: "60", label: "Last hour" },
  { value: "1440", label: "Last 24 hours" },
  { value: "10080", label: "Last 7 days" },
  { value: "43200", label: "Last 30 days" },
] as const;
const RANGE_DEFAULT = "1440";
const MINUTE_MS = 60_000;

const toIso = (timeMs: number) => new Date(timeMs).toISOString();

export interface ExplorerState {
  readonly filters: Readonly<Partial<Record<FilterName, string>>>;
  /** minutes up to now; null when since and until are given */
  readonly range: string | null;
  /** what is asked of the server */
  readonly query: EventQuery;
  readonly after: string | null;
  readonly event: number | null;
  readonly follow: boolean;
  readonly set: (changes: Readonly<Record<string, string | null>>) => void;
  readonly refresh: () => void;
}

/** The whole state of the explorer is its address, so that a finding can be sent to somebody. */
export function useExplorer(): ExplorerState {
  const [params, setParams] = useSearchParams();
  const nowMs = useNow();
  // a span is counted from the moment it was asked for, or every second would be another question
  const [askedMs, setAskedMs] = useState(nowMs);
  const filters: Partial<Record<FilterName, string>> = {};
  for (const name of FILTER_NAMES) {
    const value = params.get(name);
    if (value !== null && value !== "") filters[name] = value;
  }
  const [since, until] = [params.get("since"), params.get("until")];
  const range = since === null && until === null ? (params.get("range") ?? RANGE_DEFAULT) : null;
  const times: Record<string, string> =
    range === null
      ? { ...(since === null ? {} : { since }), ...(until === null ? {} : { until }) }
      : { since: toIso(askedMs - rangeMinutes(range) * MINUTE_MS) };
  const seq = Number(params.get("event"));
  return {
    filters,
    range,
    query: { ...filters, ...times },
    after: params.get("after"),
    event: Number.isSafeInteger(seq) && seq > 0 ? seq : null,
    follow: params.get("follow") === "1",
    set: (changes) => {
      const others = Object.keys(changes).some((name) => name !== "event" && name !== "after");
      if (others) setAskedMs(nowMs);
      setParams((before) => {
        const next = new URLSearchParams(before);
        if (others) next.delete("after");
        for (const [name, value] of Object.entries(changes)) {
          if (value === null || value === "") next.delete(name);
          else next.set(name, value);
        }
        return next;
      });
    },
    refresh: () => setAskedMs(nowMs),
  };
}

function rangeMinutes(range: string): number {
  const minutes = Number(range);
  return Number.isFinite(minutes) && minutes > 0 && minutes <= 5_256_000 ? minutes : Number(RANGE_DEFAULT);
}

function quoted(text: string): string {
  return /^[\w.:@,=*/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @returns the command that lists the same events */
export function commandOf({ path, ...rest }: EventQuery, command = "firebreak events list"): string {
  const options = Object.entries(rest).map(([name, value]) => `--${name} ${quoted(value)}`);
  const paths = (path ?? "").split("\n").filter((line) => line.trim() !== "");
  return [command, ...options, ...paths.map((line) => `--path ${quoted(line)}`)].join(" ");
}
