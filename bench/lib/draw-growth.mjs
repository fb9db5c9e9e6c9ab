import { summarize } from "./statistics.mjs";

const WIDTH = 360;
const HEIGHT = 240;
const MARGIN = { left: 62, right: 16, top: 34, bottom: 34 };

/** @returns an SVG with one plot for each series, both axes logarithmic: `{ title, unit, points: { at, values }[] }` */
export function drawGrowth(series) {
  const plots = series.map((one, index) => drawPlot(one, index * WIDTH)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH * series.length} ${HEIGHT}" font-family="sans-serif" font-size="10" fill="#444">
<rect width="100%" height="100%" fill="#fff"/>
${plots}
</svg>
`;
}

function drawPlot({ title, unit, points }, left) {
  const rates = points.map(({ values }) => summarize(values).median);
  const x = scale(
    points.map(({ at }) => at),
    left + MARGIN.left,
    left + WIDTH - MARGIN.right,
  );
  const y = scale(rates, HEIGHT - MARGIN.bottom, MARGIN.top);
  const places = points.map(({ at }, index) => [x.place(at), y.place(rates[index])]);
  const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="#2563eb"/>`);
  const line = `<polyline fill="none" stroke="#2563eb" stroke-width="1.5" points="${places.map((place) => place.join()).join(" ")}"/>`;
  const columns = x.ticks.map(
    (tick) =>
      `<line x1="${x.place(tick)}" x2="${x.place(tick)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#e5e7eb"/><text x="${x.place(tick)}" y="${HEIGHT - MARGIN.bottom + 14}" text-anchor="middle">${brief(tick)}</text>`,
  );
  const rows = y.ticks.map(
    (tick) =>
      `<line x1="${left + MARGIN.left}" x2="${left + WIDTH - MARGIN.right}" y1="${y.place(tick)}" y2="${y.place(tick)}" stroke="#e5e7eb"/><text x="${left + MARGIN.left - 6}" y="${y.place(tick) + 3}" text-anchor="end">${brief(tick)}</text>`,
  );
  const head = `<text x="${left + MARGIN.left}" y="16" font-size="11" fill="#111">${unit} by ${title}</text>`;
  return [head, ...columns, ...rows, line, ...dots].join("\n");
}

/** A logarithmic axis from the power of ten below the values to the one above. */
function scale(values, from, to) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const place = (value) => Number((from + ((Math.log10(value) - low) / (high - low)) * (to - from)).toFixed(1));
  return { place, ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

function brief(value) {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1000 ? `${value / 1000} k` : String(value);
}
