import { Link } from "wouter";
import type { LegalHoldView } from "@firebreak/protocol";
import { ActorName, Ago, At } from "../../components/bits.tsx";
import { useCommands } from "../../hooks/use-commands.ts";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { incidentPath } from "../../navigation.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";

function What({ hold: { scope, target } }: { readonly hold: LegalHoldView }) {
  if (target === null) return <>everything</>;
  if (scope === "incident") return <Link href={incidentPath(target)}>{target}</Link>;
  return (
    <>
      {scope} {target}
    </>
  );
}

function Range({ hold: { from, to } }: { readonly hold: LegalHoldView }) {
  if (from === null && to === null) return null;
  return (
    <span>
      {from === null ? "until " : "from "}
      {from !== null && <At at={from} withDay />}
      {from !== null && to !== null && " to "}
      {to !== null && <At at={to} withDay />}
    </span>
  );
}

function HoldRow({ hold }: { readonly hold: LegalHoldView }) {
  const open = useDialogs();
  const asked = hold.approvalId === null ? null : "A second person has to approve its release: see Approvals.";
  return (
    <li className="row act-row" data-row="" data-legal-hold={hold.id}>
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">Case {hold.caseId}</strong>
          <span className="muted wrap-anywhere">
            <What hold={hold} />
          </span>
        </p>
        <p className="row-sub">
          <span className="wrap-anywhere">{hold.reason}</span>
          <Range hold={hold} />
          <span>
            <ActorName actor={hold.appliedBy} /> <Ago at={hold.appliedAt} />
          </span>
        </p>
      </div>
      {asked !== null && (
        <Badge tone="warn" title={asked}>
          Release asked
        </Badge>
      )}
      <Button disabledReason={asked} onClick={() => open({ kind: "release-legal-hold", hold })}>
        Release…
      </Button>
    </li>
  );
}

/** What is kept for a case, whatever the policy says. */
export function LegalHolds({ holds }: { readonly holds: readonly LegalHoldView[] }) {
  const open = useDialogs();
  const refusal = useRefusal("commander");
  const apply = () => open({ kind: "apply-legal-hold" });
  useCommands([
    {
      id: "legal-hold",
      title: "Apply a legal hold…",
      group: "Retention",
      keywords: "keep case litigation",
      disabledReason: refusal,
      run: apply,
    },
  ]);
  return (
    <Panel
      title="Legal holds"
      icon="shield"
      {...(holds.length > 0 ? { tone: "hold" as const } : {})}
      aside={
        <Button icon="shield" disabledReason={refusal} onClick={apply}>
          Apply…
        </Button>
      }
    >
      {holds.length === 0 ? (
        <Empty title="Nothing is held for a case">
          A legal hold keeps everything of an incident, agent, pack, session or time from being archived or deleted,
          until two persons release it.
        </Empty>
      ) : (
        <ul className="rows">
          {holds.map((hold) => (
            <HoldRow key={hold.id} hold={hold} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
