import type { GraphEdge, GraphNode, ImpactView } from "@firebreak/protocol";
import { CERTAINTY_WORDS, count } from "../../words.ts";

const ROW = 34;
const BOX_WIDTH = 210;
const BOX_HEIGHT = 24;
const WIDTH = 640;
const DRAWN_MAX = 30;
const LABEL_CHARACTERS_MAX = 30;

const EDGE_WORDS: Readonly<Record<GraphEdge["kind"], string>> = {
  runs_on: "runs on",
  contacted: "contacted",
  signed_in: "signed in as",
  messaged: "sent a message to",
  used: "used",
};

interface Placed extends GraphNode {
  readonly x: number;
  readonly y: number;
}

/** Agents to the left, what they reached to the right. */
function place(nodes: readonly GraphNode[]): readonly Placed[] {
  const agents = nodes.filter((node) => node.kind === "agent").slice(0, DRAWN_MAX);
  const reached = nodes.filter((node) => node.kind !== "agent").slice(0, DRAWN_MAX);
  const rows = Math.max(agents.length, reached.length);
  const column = (list: readonly GraphNode[], x: number) =>
    list.map((node, index) => ({ ...node, x, y: ((index + 0.5) * rows * ROW) / list.length }));
  return [...column(agents, 8), ...column(reached, WIDTH - BOX_WIDTH - 8)];
}

function short(label: string): string {
  return label.length <= LABEL_CHARACTERS_MAX ? label : `${label.slice(0, LABEL_CHARACTERS_MAX - 1)}…`;
}

function Edge({ edge, at }: { readonly edge: GraphEdge; readonly at: ReadonlyMap<string, Placed> }) {
  const from = at.get(edge.from);
  const to = at.get(edge.to);
  if (from === undefined || to === undefined) return null;
  const [x1, x2] = [from.x + BOX_WIDTH, to.x];
  const middle = (x1 + x2) / 2;
  return (
    <path
      className="graph-edge"
      data-certainty={edge.certainty}
      data-bytes={edge.bytes > 0 || undefined}
      d={`M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x2} ${to.y}`}
    />
  );
}

function Node({ node }: { readonly node: Placed }) {
  return (
    <g className="graph-node" data-kind={node.kind}>
      <rect x={node.x} y={node.y - BOX_HEIGHT / 2} width={BOX_WIDTH} height={BOX_HEIGHT} rx={5} />
      <text x={node.x + 10} y={node.y + 4}>
        {short(node.label)}
      </text>
    </g>
  );
}

function sayEdge(edge: GraphEdge, labels: ReadonlyMap<string, GraphNode>): string {
  const to = labels.get(edge.to);
  const where = to?.isInternal === true ? " (inside)" : "";
  const bytes = edge.bytes > 0 ? `, ${edge.bytes} bytes sent` : "";
  const events = edge.events > 0 ? `, ${count(edge.events, "event")}` : "";
  return `${labels.get(edge.from)?.label ?? edge.from} ${EDGE_WORDS[edge.kind]} ${to?.label ?? edge.to}${where}: ${CERTAINTY_WORDS[edge.certainty].label.toLowerCase()}${events}${bytes}`;
}

/** Who reached what: drawn where there is room, and always as a list, which says the same. */
export function ImpactGraph({ graph }: { readonly graph: ImpactView["graph"] }) {
  const placed = place(graph.nodes);
  const at = new Map(placed.map((node) => [node.id, node]));
  const labels = new Map(graph.nodes.map((node) => [node.id, node]));
  const rows = Math.max(...[...at.values()].map((node) => node.y), 0) + ROW;
  const left = graph.nodes.length - placed.length;
  return (
    <div className="panel-body graph">
      {graph.edges.length > 0 && (
        <svg
          viewBox={`0 0 ${WIDTH} ${Math.ceil(rows)}`}
          role="img"
          aria-label="Who reached what; the list below says the same"
        >
          {graph.edges.map((edge) => (
            <Edge key={`${edge.from} ${edge.kind} ${edge.to}`} edge={edge} at={at} />
          ))}
          {placed.map((node) => (
            <Node key={node.id} node={node} />
          ))}
        </svg>
      )}
      <details>
        <summary>{count(graph.edges.length, "connection")} as a list</summary>
        <ul className="plain-list">
          {graph.edges.map((edge) => (
            <li key={`${edge.from} ${edge.kind} ${edge.to}`} className="wrap-anywhere">
              {sayEdge(edge, labels)}
            </li>
          ))}
        </ul>
      </details>
      {left > 0 && <p className="muted">{left} more stand only in the list.</p>}
    </div>
  );
}
