import { isIP } from "node:net";
import type { GraphEdge, GraphNode, ImpactView } from "@firebreak/protocol";
import type { Scope } from "../scope.ts";
import { rankOf } from "./facts.ts";
import type { Fact, FactBook } from "./facts.ts";

const NODES_MAX = 150;

const KINDS: Readonly<Record<string, { node: GraphNode["kind"]; edge: GraphEdge["kind"] }>> = {
  system: { node: "system", edge: "contacted" },
  account: { node: "account", edge: "signed_in" },
  recipient: { node: "account", edge: "messaged" },
  tool: { node: "tool", edge: "used" },
};

/** Who reached what: agents, the hosts they ran on, and the systems, accounts and tools that their events name. */
export function drawGraph(book: FactBook, scope: Scope): ImpactView["graph"] {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  const addNode = (kind: GraphNode["kind"], label: string): string | undefined => {
    const id = `${kind}:${label}`;
    if (!nodes.has(id)) {
      if (nodes.size >= NODES_MAX) return undefined;
      nodes.set(id, { id, kind, label, isInternal: kind === "system" ? isInternal(label) : null });
    }
    return id;
  };
  for (const { agent_id, host } of scope.sessions) {
    const from = addNode("agent", agent_id);
    const to = addNode("host", host);
    if (from !== undefined && to !== undefined) {
      edges.set(`${from}>${to}`, { from, to, kind: "runs_on", certainty: "observed", events: 0, bytes: 0 });
    }
  }
  const sent = new Map(
    book
      .of("outflow")
      .filter(({ kind }) => kind === "bytes")
      .map((fact) => [fact.subject, fact]),
  );
  for (const fact of book.of("reach").toSorted((one, other) => rankOf(one.certainty) - rankOf(other.certainty))) {
    const kinds = KINDS[fact.kind];
    const to = kinds === undefined ? undefined : addNode(kinds.node, fact.subject);
    if (kinds === undefined || to === undefined) continue;
    for (const agent of fact.agents) {
      const from = addNode("agent", agent);
      if (from !== undefined) edges.set(`${from}>${to}>${kinds.edge}`, edgeOf(from, to, kinds.edge, fact, sent));
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function edgeOf(
  from: string,
  to: string,
  kind: GraphEdge["kind"],
  fact: Fact,
  sent: ReadonlyMap<string, Fact>,
): GraphEdge {
  // with several agents the share of each is not kept
  const out = fact.kind === "system" && fact.agents.size === 1 ? sent.get(fact.subject) : undefined;
  return { from, to, kind, certainty: fact.certainty, events: fact.eventCount, bytes: out?.figures["bytes"] ?? 0 };
}

const PRIVATE =
  /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/i;
const PRIVATE_NAME = /^localhost$|\.(?:local|internal|lan|home\.arpa|localhost|test)$|^[^.]+$/i;

/** By its address or name alone; a public name may still lead inside. */
function isInternal(host: string): boolean {
  return isIP(host) === 0 ? PRIVATE_NAME.test(host) : PRIVATE.test(host);
}
