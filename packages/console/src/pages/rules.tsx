import { useQuery } from "@tanstack/react-query";
import { type RulesView, rulesQuery } from "../api/queries.ts";
import { Loaded, Page } from "../components/page.tsx";
import { Badge } from "../ui/badge.tsx";
import { Empty, Inline, Notice, Panel } from "../ui/layout.tsx";
import { count } from "../words.ts";

const LEVEL_TONES: Readonly<Record<string, "danger" | "warn" | "info" | "neutral">> = {
  critical: "danger",
  high: "warn",
  medium: "info",
};

function Errors({ errors }: Pick<RulesView, "errors">) {
  return errors.map((fault) => (
    <Notice
      key={`${fault.file}:${fault.line}:${fault.column}`}
      tone="danger"
      title={`${fault.file}, line ${fault.line}, column ${fault.column}`}
    >
      <p>
        <Inline text={fault.message} />
      </p>
      <p>
        <Inline text={fault.remedy} />
      </p>
    </Notice>
  ));
}

function Rules({ rules }: Pick<RulesView, "rules">) {
  if (rules.length === 0)
    return (
      <Empty title="No rule is loaded">
        Put Sigma files into the rules folder of your Firebreak home; they load unchanged.
      </Empty>
    );
  return (
    <ul className="rows">
      {rules.map((rule) => (
        <li key={rule.id} className="row rule-row">
          <p className="hold-title">
            <Badge tone={LEVEL_TONES[rule.level] ?? "neutral"}>{rule.level}</Badge>
            <strong>{rule.title}</strong>
            <span className="muted">{rule.kind}</span>
          </p>
          <p className="hold-reason">{rule.description}</p>
          <p className="row-sub">
            <code className="wrap-anywhere">{rule.file}</code>
          </p>
        </li>
      ))}
    </ul>
  );
}

export function RulesPage() {
  const query = useQuery(rulesQuery);
  return (
    <Page title="Rules" lead="What Firebreak watches for. Rules are Sigma files; change them on disk.">
      <Loaded query={query}>
        {(view) => (
          <>
            <Errors errors={view.errors} />
            <Panel
              title="In force"
              icon="rules"
              aside={<span className="muted">{count(view.rules.length, "rule")}</span>}
            >
              <Rules rules={view.rules} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}
