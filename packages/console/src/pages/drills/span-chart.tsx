import { useId } from "react";
import { formatLatency } from "../../time.ts";
import { sayName } from "../../words.ts";

/** One drill's time for the span; null: it never came to its end. */
export interface SpanPoint {
  readonly id: string;
  /** when the drill was, in words */
  readonly label: string;
  readonly ms: number | null;
  readonly targetMs: number | null;
  readonly met: boolean | null;
}

const HEIGHT = 72;
const STEP = 14;
const LABEL_WIDTH_MIN = 10;

const say = (ms: number | null) => (ms === null ? "never" : formatLatency(ms));

function judgement({ ms, met }: SpanPoint): string {
  if (ms === null) return "not reached";
  return met === null ? "no target" : met ? "in time" : "too late";
}

/** Times of one span, drill by drill, against its target: a picture, and a table for who wants the numbers. */
export function SpanChart({ name, points }: { readonly name: string; readonly points: readonly SpanPoint[] }) {
  const id = useId();
  const target = points.at(-1)?.targetMs ?? null;
  const most = Math.max(1, target ?? 0, ...points.map(({ ms }) => ms ?? 0)) * 1.1;
  const yOf = (ms: number) => HEIGHT - (ms / most) * HEIGHT;
  const width = Math.max(LABEL_WIDTH_MIN, points.length) * STEP;
  const last = points.at(-1);
  return (
    <figure className="span-chart" aria-labelledby={id}>
      <figcaption id={id} className="span-caption">
        <span className="span-name">{sayName(name)}</span>
        <span className="muted">
          {last === undefined ? "" : `last ${say(last.ms)}`}
          {target === null ? ", no target" : `, target ${formatLatency(target)}`}
        </span>
      </figcaption>
      <svg
        className="span-picture"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        {points.map((point, index) => {
          const height = point.ms === null ? HEIGHT : Math.max(2, HEIGHT - yOf(point.ms));
          return (
            <rect
              key={point.id}
              className="span-bar"
              data-met={point.ms === null ? "never" : String(point.met)}
              x={index * STEP + 2}
              y={HEIGHT - height}
              width={STEP - 4}
              height={height}
            >
              <title>{`${point.label}: ${say(point.ms)}, ${judgement(point)}`}</title>
            </rect>
          );
        })}
        {target !== null && <line className="span-target" x1={0} x2={width} y1={yOf(target)} y2={yOf(target)} />}
      </svg>
      <details className="bars-table">
        <summary>As numbers</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Drill</th>
              <th scope="col">Took</th>
              <th scope="col">Target</th>
              <th scope="col">Held</th>
            </tr>
          </thead>
          <tbody>
            {points.toReversed().map((point) => (
              <tr key={point.id}>
                <th scope="row">{point.label}</th>
                <td>{say(point.ms)}</td>
                <td>{point.targetMs === null ? "none" : formatLatency(point.targetMs)}</td>
                <td>{judgement(point)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
