import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { RulesView, RuleView } from "@firebreak/protocol";
import { rulesQuery } from "../../api/queries.ts";
import { Ago } from "../../components/bits.tsx";
import { FilterBar, type Filters, FilterSelect, SearchField, useFilters } from "../../components/filters.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { rulePath } from "../../navigation.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Empty, Inline, Notice } from "../../ui/layout.tsx";
import { count, RULE_LEVEL_TONES, RULE_LEVELS } from "../../words.ts";

const SHOW_OPTIONS = [
  { value: "", label: "All" },
  { value: "attention", label: "Need attention" },
  { value: "hit", label: "Hit this week" },
  { value: "silent", label: "Not hit this week" },
];
const LEVEL_OPTIONS = [{ value: "", label: "Any" }, ...RULE_LEVELS.map((level) => ({ value: level, label: level }))];

function matches(rule: RuleView, filters: Filters): boolean {
  const [text, level, show] = [filters.get("q"), filters.get("level"), filters.get("show")];
  const words = `${rule.id} ${rule.title} ${rule.file} ${rule.tags.join(" ")} ${rule.description}`.toLowerCase();
  if (!words.includes(text.trim().toLowerCase())) return false;
  if (level !== "" && rule.level !== level) return false;
  if (show === "attention") return rule.hint !== null;
  if (show === "hit") return rule.hits7d > 0;
  return show !== "silent" || rule.hits7d === 0;
}

export function RuleErrors({ errors }: Pick<RulesView, "errors">) {
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

function RuleRow({ rule }: { readonly rule: RuleView }) {
  return (
    <li className="row">
      <Link href={rulePath(rule.id)} className="row-link" data-row="">
        <span>
          <Badge tone={RULE_LEVEL_TONES[rule.level] ?? "neutral"}>{rule.level}</Badge>
        </span>
        <span className="row-main">
          <span className="row-title">{rule.title}</span>
          <span className="row-sub">
            <code>{rule.file.split("/").slice(-2).join("/")}</code>
            {rule.kind === "correlation" && <span>correlation</span>}
            {!rule.alerts && <span>feeds correlations only</span>}
            {rule.costMicros !== null && <span>{rule.costMicros.toFixed(1)} µs an event</span>}
          </span>
          {rule.hint !== null && (
            <span className="rule-hint">
              <Icon name="warn" size={13} /> {rule.hint}
            </span>
          )}
        </span>
        <span className="row-state">
          <span className="rule-hits">
            <strong className="number">{rule.hits24h.toLocaleString("en")}</strong> in 24 h ·{" "}
            <strong className="number">{rule.hits7d.toLocaleString("en")}</strong> in 7 d
          </span>
          <span className="muted rule-last">
            {rule.falsePositives > 0 && <>{rule.falsePositives} false · </>}
            {rule.lastHitAt === null ? "never hit" : <Ago at={rule.lastHitAt} />}
          </span>
        </span>
      </Link>
    </li>
  );
}

/** What needs somebody first, then what hits most. */
function byNeed(a: RuleView, b: RuleView): number {
  const need = Number(b.hint !== null) - Number(a.hint !== null);
  return need || b.hits7d - a.hits7d || a.title.localeCompare(b.title);
}

function List({ rules, filters }: { readonly rules: readonly RuleView[]; readonly filters: Filters }) {
  if (rules.length === 0)
    return (
      <Empty title="No rule is loaded">
        Put Sigma files into the rules folder of your Firebreak home; they load unchanged.
      </Empty>
    );
  const shown = rules.filter((rule) => matches(rule, filters)).toSorted(byNeed);
  return (
    <>
      <p className="muted" role="status">
        {shown.length === rules.length
          ? count(rules.length, "rule") + " in force"
          : `${shown.length} of ${count(rules.length, "rule")}`}
      </p>
      {shown.length === 0 ? (
        <Empty title="No rule matches">Clear the filters to see the rest.</Empty>
      ) : (
        <ul className="rows panel">
          {shown.slice(0, ROWS_MAX).map((rule) => (
            <RuleRow key={rule.id} rule={rule} />
          ))}
        </ul>
      )}
      {shown.length > ROWS_MAX && <p className="muted">The first {ROWS_MAX} are shown; search to see others.</p>}
    </>
  );
}

const ROWS_MAX = 300;

export function RulesPage() {
  const query = useQuery(rulesQuery);
  const filters = useFilters();
  const actions = (
    <>
      <Link href="/rules/try" className="button button-plain">
        <Icon name="play" /> Try
      </Link>
      <Link href="/rules/replays" className="button button-plain">
        <Icon name="retry" /> Replays
      </Link>
    </>
  );
  return (
    <Page
      title="Rules"
      lead="What Firebreak watches for. Rules are Sigma files; change them on disk and they are in force two seconds later."
      actions={actions}
    >
      <Loaded query={query} rows={8}>
        {(view) => (
          <>
            <RuleErrors errors={view.errors} />
            <FilterBar>
              <SearchField filters={filters} placeholder="title, id, file, tag" />
              <FilterSelect filters={filters} name="show" label="Show" options={SHOW_OPTIONS} />
              <FilterSelect filters={filters} name="level" label="Level" options={LEVEL_OPTIONS} />
            </FilterBar>
            <List rules={view.rules} filters={filters} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
