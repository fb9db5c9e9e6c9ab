import type { EventHistogram } from "@firebreak/protocol";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import { useNow } from "../../hooks/use-now.ts";
import { formatLocal } from "../../time.ts";
import { count } from "../../words.ts";

const HEIGHT = 72;
const STEP = 10;
/** In this order from the bottom; what is denied or failed is seen first, so it stands on the ground. */
const OUTCOMES = ["denied", "failure", "success", "unknown"] as const;

interface Selection {
  readonly from: number;
  readonly to: number;
}

interface HistogramProps {
  readonly histogram: EventHistogram;
  readonly onZoom: (since: string, until: string) => void;
}

interface Span {
  readonly since: string;
  readonly until: string;
  readonly events: number;
}

/** @returns the time from the first to the last bucket of the selection, and what it holds */
function spanOf({ buckets, bucketMs, since, until }: EventHistogram, { from, to }: Selection): Span {
  const [low, high] = from <= to ? [from, to] : [to, from];
  const last = buckets[high];
  return {
    since: buckets[low]?.time ?? since,
    until: last === undefined ? until : new Date(Date.parse(last.time) + bucketMs).toISOString(),
    events: buckets.slice(low, high + 1).reduce((sum, bucket) => sum + bucket.count, 0),
  };
}

/** The span that a person is choosing: by pointer, or by the arrow keys with Shift. */
function useSelection({ buckets }: EventHistogram, zoom: (selection: Selection) => void) {
  const last = buckets.length - 1;
  const [selection, setSelection] = useState<Selection | null>(null);
  const [isDragging, setDragging] = useState(false);
  const [cursor, setCursor] = useState(Math.max(0, last));
  const indexAt = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(last, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * buckets.length)));
  };
  const end = (chosen: Selection | null) => {
    setDragging(false);
    setSelection(null);
    if (chosen !== null) zoom(chosen);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") return setSelection(null);
    if (event.key === "Enter") return end(selection ?? { from: cursor, to: cursor });
    const to = { ArrowLeft: cursor - 1, ArrowRight: cursor + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, to));
    setSelection(event.shiftKey ? { from: selection?.from ?? cursor, to: next } : null);
    setCursor(next);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    const index = indexAt(event);
    setDragging(true);
    setCursor(index);
    setSelection({ from: index, to: index });
  };
  const onPointerMove = (event: PointerEvent<HTMLElement>) => {
    if (isDragging && selection !== null) setSelection({ from: selection.from, to: indexAt(event) });
  };
  // a click without a span only says what is under it
  const onPointerUp = () => end(selection?.from === selection?.to ? null : selection);
  const onPointerCancel = () => end(null);
  const handlers = { onKeyDown, onPointerDown, onPointerMove, onPointerUp, onPointerCancel };
  return { selection, cursor: Math.min(cursor, last), handlers };
}

/** Events over time; a span is chosen by dragging, or with the arrow keys and Shift, and Enter zooms into it. */
export function Histogram({ histogram, onZoom }: HistogramProps) {
  const nowMs = useNow();
  const { buckets, total } = histogram;
  const { selection, cursor, handlers } = useSelection(histogram, (chosen) => {
    const { since, until } = spanOf(histogram, chosen);
    onZoom(since, until);
  });
  if (buckets.length === 0) return null;
  const say = (iso: string) => formatLocal(Date.parse(iso), nowMs);
  const { since, until, events } = spanOf(histogram, selection ?? { from: cursor, to: cursor });
  const spoken = `${say(since)} to ${say(until)}: ${count(events, "event")}`;
  const whole = spanOf(histogram, { from: 0, to: buckets.length - 1 });
  return (
    <figure className="histogram">
      <figcaption className="histogram-caption">
        <strong>{count(total, "event")}</strong>
        <span className="muted">
          {selection === null ? "drag to zoom, or use the arrow keys, Shift and Enter" : spoken}
        </span>
        <Key />
      </figcaption>
      <div
        className="histogram-plot"
        role="slider"
        tabIndex={0}
        aria-label="Events over time"
        aria-valuemin={0}
        aria-valuemax={buckets.length - 1}
        aria-valuenow={cursor}
        aria-valuetext={spoken}
        {...handlers}
      >
        <Picture histogram={histogram} selection={selection} cursor={cursor} />
      </div>
      <div className="bars-ends" aria-hidden="true">
        <span>{say(whole.since)}</span>
        <span>{say(whole.until)}</span>
      </div>
    </figure>
  );
}

function Key() {
  return (
    <span className="histogram-key" aria-hidden="true">
      {(["denied", "failure", "success"] as const).map((outcome) => (
        <span key={outcome} data-outcome={outcome}>
          {outcome}
        </span>
      ))}
    </span>
  );
}

interface PictureProps {
  readonly histogram: EventHistogram;
  readonly selection: Selection | null;
  readonly cursor: number;
}

function Picture({ histogram: { buckets }, selection, cursor }: PictureProps) {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.count));
  const width = buckets.length * STEP;
  const [low, high] =
    selection === null
      ? [cursor, cursor]
      : [Math.min(selection.from, selection.to), Math.max(selection.from, selection.to)];
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect
        className={selection === null ? "histogram-cursor" : "histogram-selection"}
        x={low * STEP}
        y={0}
        width={(high - low + 1) * STEP}
        height={HEIGHT}
      />
      {buckets.map((bucket, index) => {
        let ground = HEIGHT;
        return (
          <g key={bucket.time}>
            {OUTCOMES.map((outcome) => {
              const amount = bucket.counts[outcome] ?? 0;
              if (amount === 0) return null;
              // the least amount is still seen
              const height = Math.max(2, (amount / most) * (HEIGHT - 4));
              ground -= height;
              return (
                <rect
                  key={outcome}
                  className="histogram-bar"
                  data-outcome={outcome}
                  x={index * STEP + 1}
                  y={ground}
                  width={STEP - 2}
                  height={height}
                />
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}
