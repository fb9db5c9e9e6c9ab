import { useQuery } from "@tanstack/react-query";
import type { GuardProcess, GuardView } from "@firebreak/protocol";
import { guardQuery } from "../../api/queries.ts";
import { Ago, StateBadge } from "../../components/bits.tsx";
import { Loaded } from "../../components/page.tsx";
import { formatLocal } from "../../time.ts";
import { Bars } from "../../ui/bars.tsx";
import { Empty, Facts, Notice, Panel } from "../../ui/layout.tsx";
import { GUARD_WORDS } from "../../words.ts";

const gigabytes = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
const MEASURE_LABELS = { cpu: "Processor", memory: "Memory", disk: "Disk" } as const;

function Measures({ view }: { readonly view: GuardView }) {
  const facts = view.measures.map(({ name, percent, trend, of }) => ({
    label: `${MEASURE_LABELS[name]}${of === "container" ? " (container)" : ""}`,
    value: `${percent.toFixed(0)} % ${trend === "steady" ? "" : trend}`,
  }));
  const free = view.diskFreeBytes === null ? [] : [{ label: "Free disk", value: gigabytes(view.diskFreeBytes) }];
  return <Facts facts={[...facts, ...free]} />;
}

function History({ view }: { readonly view: GuardView }) {
  const [first, last] = [view.history[0], view.history.at(-1)];
  if (first === undefined || last === undefined) return null;
  const timeOf = (at: string) => formatLocal(Date.parse(at), Date.parse(last.at));
  return (
    <Bars
      title="Processor and memory in percent"
      names={["processor", "memory"]}
      bars={view.history.map(({ at, cpu, memory }) => ({
        label: timeOf(at),
        amount: Math.round(cpu),
        other: Math.round(memory),
      }))}
      ends={[timeOf(first.at), timeOf(last.at)]}
    />
  );
}

function Top({ top }: { readonly top: GuardView["top"] }) {
  if (top.at === null) return null;
  const rows = [...new Map([...top.cpu, ...top.memory].map((one) => [one.pid, one])).values()];
  return (
    <details>
      <summary>
        Who used most, <Ago at={top.at} />
      </summary>
      <ul className="rows">
        {rows.map((one) => (
          <TopRow key={one.pid} process={one} />
        ))}
      </ul>
    </details>
  );
}

function TopRow({ process }: { readonly process: GuardProcess }) {
  return (
    <li className="row">
      <p className="agent-name">
        <strong className="wrap-anywhere">{process.name}</strong>
        <span className="muted">
          pid {process.pid}
          {process.agentId === null ? "" : `, agent ${process.agentId}`}
        </span>
      </p>
      <p className="row-sub">
        <span>{process.cpuPercent.toFixed(0)} % of a core</span>
        <span>{gigabytes(process.memoryBytes)}</span>
      </p>
    </li>
  );
}

function Acts({ view }: { readonly view: GuardView }) {
  return (
    <>
      {view.throttle !== null && (
        <Notice tone="warn" title="Gates are slowed down">
          <p>
            {view.throttle.maxConcurrent === 0
              ? "No new act begins."
              : `At most ${view.throttle.maxConcurrent} acts at once in a gate, each waits ${view.throttle.delayMs / 1000} s.`}
          </p>
        </Notice>
      )}
      {view.stops.map((stop) => (
        <Notice
          key={`${stop.at} ${stop.sessionId}`}
          tone="warn"
          title={`${stop.effector} ${stop.agentId}: ${stop.state}`}
        >
          <p>
            <Ago at={stop.at} />; only a person lets it run again.
          </p>
        </Notice>
      ))}
    </>
  );
}

function Watching({ view }: { readonly view: GuardView }) {
  if (view.state === "off") {
    return <Empty title="The guard is off">FIREBREAK_RESOURCE_GUARD=off was set for this server.</Empty>;
  }
  if (view.state === "blind") {
    return (
      <Notice tone="danger" title="The machine cannot be watched">
        <p className="wrap-anywhere">{view.problem}</p>
      </Notice>
    );
  }
  if (view.measures.length === 0) return <Empty title="The first sample comes in a few seconds" />;
  return (
    <div className="panel-body">
      <Acts view={view} />
      <Measures view={view} />
      <History view={view} />
      <Top top={view.top} />
    </div>
  );
}

/** The load of the machine that the answering server runs on. */
export function ResourceGuard() {
  const query = useQuery(guardQuery);
  const view = query.data;
  const badge = view?.state === "watching" ? <StateBadge word={GUARD_WORDS[view.level]} /> : undefined;
  return (
    <Panel title={view === undefined ? "Machine" : `Machine ${view.host}`} icon="bolt" aside={badge}>
      <Loaded query={query} rows={3}>
        {(loaded) => <Watching view={loaded} />}
      </Loaded>
    </Panel>
  );
}
