import type { AgentCoverage, GateCoverage } from "@firebreak/protocol";
import { COVERAGE_WORDS, GATE_STATE_WORDS } from "../words.ts";
import { Ago, StateBadge } from "./bits.tsx";

function GateLine({ gate }: { readonly gate: GateCoverage }) {
  const { runtime, version, state, place, lastReportAt, testedAt, testPassed } = gate;
  return (
    <li className="wrap-anywhere">
      <strong>
        {runtime}
        {version !== null && ` ${version}`}
      </strong>{" "}
      <StateBadge word={GATE_STATE_WORDS[state]} /> {place !== null && <code>{place}</code>}{" "}
      {lastReportAt !== null && (
        <span>
          reported <Ago at={lastReportAt} />{" "}
        </span>
      )}
      {testedAt !== null && (
        <span>
          self-test {testPassed === true ? "passed" : "failed"} <Ago at={testedAt} />
        </span>
      )}
    </li>
  );
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <p>
        <strong>{title}</strong>
      </p>
      <ul>
        {lines.map((line) => (
          <li key={line} className="wrap-anywhere">
            {line}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What can be enforced on an agent, in a word; why, and what not, when it is opened. */
export function Coverage({ coverage }: { readonly coverage: AgentCoverage }) {
  return (
    <details className="agent-coverage">
      <summary>
        <StateBadge word={COVERAGE_WORDS[coverage.level]} />
      </summary>
      <p>{coverage.summary}</p>
      {coverage.gates.length > 0 && (
        <ul>
          {coverage.gates.map((gate) => (
            <GateLine key={`${gate.runtime} ${gate.place ?? ""}`} gate={gate} />
          ))}
        </ul>
      )}
      <Lines title="Enforced" lines={coverage.enforced} />
      <Lines title="Only observed" lines={coverage.observedOnly} />
    </details>
  );
}
