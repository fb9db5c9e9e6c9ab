import { agentCoverage, pageOf } from "@firebreak/protocol";
import type { AgentCoverage, GateCoverage } from "@firebreak/protocol";
import { coverRecords, listRecordedGates, listSupervisors } from "../../containment/index.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

const PAGE = 500;

/** Prints per agent what is enforced and what is only observed; without a server, what this machine knows. */
export async function showCoverage(context: CommandContext): Promise<number> {
  const { client, output } = context;
  const serverReachable = (await client.find()) !== null;
  const agents = serverReachable ? await fetchAll(context) : readLocally(context);
  output.result({ serverReachable, items: agents });
  if (!serverReachable) output.note("firebreak: no server answers; this is what this machine knows by itself.");
  if (agents.length === 0) {
    output.line(
      "No agent is known. Put a gate before one: firebreak gate install --help; or start it with firebreak run.",
    );
  }
  for (const agent of agents) printAgent(output, agent);
  return EXIT.ok;
}

async function fetchAll({ client }: CommandContext): Promise<AgentCoverage[]> {
  const agents: AgentCoverage[] = [];
  for (let after: string | null = ""; after !== null;) {
    const from: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
    const page = await client.get(pageOf(agentCoverage), `/coverage?limit=${PAGE}${from}`);
    agents.push(...page.items);
    after = page.next;
  }
  return agents;
}

function readLocally({ config, clock }: CommandContext): AgentCoverage[] {
  const supervised = listSupervisors({ home: config.home }).map((one) => ({
    agent: one.agentId,
    pack: one.pack,
    supervisor: {
      session: one.sessionId,
      host: one.host,
      alive: one.alive && (one.tree === "running" || one.tree === "frozen"),
    },
  }));
  return coverRecords(listRecordedGates(config.home), supervised, clock.now());
}

function printAgent(output: Output, agent: AgentCoverage): void {
  const { style } = output;
  const pack = agent.pack === null ? "" : `, pack ${printable(agent.pack)}`;
  const summary = agent.level === "observed" ? style.red(agent.summary) : agent.summary;
  output.line(`${style.bold(printable(agent.agentId))}${pack}: ${summary}`);
  for (const gate of agent.gates) output.line(`  gate           ${printable(gateText(gate))}`);
  for (const what of agent.enforced) output.line(`  ${style.green("enforced")}       ${printable(what)}`);
  for (const what of agent.observedOnly) output.line(`  ${style.yellow("only observed")}  ${printable(what)}`);
}

function gateText({ runtime, version, state, lastReportAt, place, testedAt, testPassed }: GateCoverage): string {
  return [
    version === null ? runtime : `${runtime} ${version}`,
    state,
    ...(place === null ? [] : [`in ${place}`]),
    ...(lastReportAt === null ? [] : [`reported ${timeText(lastReportAt)}`]),
    ...(testedAt === null ? [] : [`self-test ${testPassed === true ? "passed" : "FAILED"} ${timeText(testedAt)}`]),
  ].join(", ");
}
