import { useId } from "react";

export interface Bar {
  /** what the bar stands for, for example a time */
  readonly label: string;
  readonly amount: number;
  /** a second amount, drawn beside the first */
  readonly other?: number;
}

interface BarsProps {
  /** what is shown, as a sentence's subject: "Hits by the hour" */
  readonly title: string;
  readonly bars: readonly Bar[];
  /** what the amounts are: "hits", or two names */
  readonly names: readonly [string, string?];
  /** words under the left and right end */
  readonly ends: readonly [string, string];
}

const HEIGHT = 96;
/** One bar's share of the drawing's width. */
const STEP = 10;

/** Bars over time: a picture for who sees it, a table for who does not or wants the numbers. */
export function Bars({ title, bars, names, ends }: BarsProps) {
  const id = useId();
  const most = Math.max(1, ...bars.map(({ amount, other = 0 }) => Math.max(amount, other)));
  const [name, otherName] = names;
  const shown = bars.filter(({ amount, other = 0 }) => amount > 0 || other > 0);
  return (
    <figure className="bars" aria-labelledby={id}>
      <figcaption className="bars-caption" id={id}>
        {title}, at most {most.toLocaleString("en")}
        <span className="bars-key">
          <span className="bars-key-one">{name}</span>
          {otherName !== undefined && <span className="bars-key-two">{otherName}</span>}
        </span>
      </figcaption>
      <svg
        className="bars-picture"
        viewBox={`0 0 ${Math.max(1, bars.length) * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
      >
        {bars.map((bar, index) => (
          <BarShape key={bar.label} bar={bar} index={index} most={most} isDouble={otherName !== undefined} />
        ))}
      </svg>
      <div className="bars-ends" aria-hidden="true">
        <span>{ends[0]}</span>
        <span>{ends[1]}</span>
      </div>
      {shown.length > 0 && (
        <details className="bars-table">
          <summary>As numbers</summary>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">{name}</th>
                {otherName !== undefined && <th scope="col">{otherName}</th>}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ label, amount, other }) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  <td>{amount}</td>
                  {otherName !== undefined && <td>{other ?? 0}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </figure>
  );
}

interface BarShapeProps {
  readonly bar: Bar;
  readonly index: number;
  readonly most: number;
  readonly isDouble: boolean;
}

function BarShape({ bar, index, most, isDouble }: BarShapeProps) {
  // the least amount is still seen
  const heightOf = (amount: number) => (amount === 0 ? 0 : Math.max(3, (amount / most) * HEIGHT));
  const width = isDouble ? STEP * 0.4 : STEP * 0.8;
  const left = index * STEP + STEP * 0.1;
  const height = heightOf(bar.amount);
  const otherHeight = heightOf(bar.other ?? 0);
  const said = isDouble ? `${bar.label}: ${bar.amount} and ${bar.other ?? 0}` : `${bar.label}: ${bar.amount}`;
  return (
    <g>
      <title>{said}</title>
      <rect className="bar-one" x={left} y={HEIGHT - height} width={width} height={height} />
      {isDouble && (
        <rect className="bar-two" x={left + width} y={HEIGHT - otherHeight} width={width} height={otherHeight} />
      )}
    </g>
  );
}
