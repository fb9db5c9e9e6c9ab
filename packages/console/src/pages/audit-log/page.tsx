import { useQuery } from "@tanstack/react-query";
import type { AuditLogView } from "@firebreak/protocol";
import { auditLogQuery } from "../../api/queries.ts";
import { Ago, StateBadge } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { Empty, Facts, Inline, Notice, Panel } from "../../ui/layout.tsx";
import { count, type Word } from "../../words.ts";
import { Acts } from "./acts.tsx";
import { Shipments } from "./shipments.tsx";
import { Witnesses } from "./witnesses.tsx";
import { proofsOf, verdictOf } from "./words.ts";

const AS_SIGNED: Word = {
  label: "As it was signed",
  tone: "neutral",
  meaning: "Every hash was derived anew and is right by this server’s own keys.",
};
const NOT_AS_SIGNED: Word = { label: "Not as signed", tone: "danger", meaning: "Something is not as it was written." };

function Verdict({ log }: { readonly log: AuditLogView }) {
  const { tone, title, text } = verdictOf(log);
  const findings = log.lastCheck?.intact === false ? log.lastCheck.findings : [];
  return (
    <Notice tone={tone} title={title}>
      {findings.length > 0 && (
        <ul className="problem-errors">
          {findings.map((finding) => (
            <li key={finding} className="wrap-anywhere">
              {finding}
            </li>
          ))}
        </ul>
      )}
      <p>
        <Inline text={text} />
      </p>
    </Notice>
  );
}

function LastCheck({ lastCheck, checking }: Pick<AuditLogView, "lastCheck" | "checking">) {
  return (
    <>
      {lastCheck === null ? (
        "never on this node"
      ) : (
        <span className="log-check">
          <StateBadge word={lastCheck.intact ? AS_SIGNED : NOT_AS_SIGNED} />
          <span>
            <Ago at={lastCheck.at} />, {count(lastCheck.entries, "entry", "entries")}
          </span>
        </span>
      )}
      {checking !== null && (
        <span className="log-checking muted">
          Another is under way: {checking.done.toLocaleString("en")} of {checking.size.toLocaleString("en")}
          <progress className="progress" value={checking.done} max={checking.size} aria-label="Progress of the check" />
        </span>
      )}
    </>
  );
}

/** Apart from each other, because one holds without the other: the own check says nothing of a log that was replaced. */
function Proofs({ log }: { readonly log: AuditLogView }) {
  return (
    <Panel title="What is proved, and by whom" icon="check">
      <ul className="rows">
        {proofsOf(log).map(({ claim, word, by }) => (
          <li className="row log-row" key={claim}>
            <p className="agent-name">
              <StateBadge word={word} />
              <strong className="wrap-anywhere">{claim}</strong>
            </p>
            <p className="row-sub">
              <span>
                <Inline text={by} />
              </span>
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Log({ log }: { readonly log: AuditLogView }) {
  return (
    <Panel title="The log" icon="archive">
      <div className="panel-body">
        <Facts
          facts={[
            { label: "Name", value: <code className="wrap-anywhere">{log.origin}</code> },
            { label: "Entries", value: log.size.toLocaleString("en") },
            {
              label: "Signed",
              value: (
                <>
                  <Ago at={log.signedAt} />
                </>
              ),
            },
            { label: "Last check", value: <LastCheck {...log} /> },
          ]}
        />
        <details className="log-checkpoint">
          <summary>
            The signed checkpoint and the {log.keys.length === 1 ? "key" : "keys"}, to be kept elsewhere
          </summary>
          <pre className="command">{log.checkpoint.trimEnd()}</pre>
          <pre className="command">{log.keys.join("\n")}</pre>
        </details>
      </div>
    </Panel>
  );
}

/** The log over everything that agents and operators did: whether it stands, and who outside can say so. */
export default function AuditLogPage() {
  const refusal = useRefusal("admin");
  return (
    <Page title="Audit log" lead="Everything that agents and operators did, in one log that nobody changes unseen.">
      {refusal === null ? <State /> : <Empty title="Admins read this page">{refusal}</Empty>}
    </Page>
  );
}

function State() {
  const query = useQuery(auditLogQuery);
  return (
    <Loaded query={query}>
      {(log) => (
        <div className="stack">
          <Verdict log={log} />
          <Proofs log={log} />
          <Log log={log} />
          <Shipments shipments={log.shipments} size={log.size} />
          <Witnesses witnessed={log.witnessed} />
          <Acts />
        </div>
      )}
    </Loaded>
  );
}
