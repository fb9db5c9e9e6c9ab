import type { PlaybookDetail } from "@firebreak/protocol";
import { showHidden } from "../../harmless.ts";
import { Badge } from "../../ui/badge.tsx";
import { Inline, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

/** The file as it is, each problem under its line. */
export function PlaybookSource({ playbook }: { readonly playbook: PlaybookDetail }) {
  const lines = playbook.text.replace(/\n$/, "").split("\n");
  const { problems } = playbook;
  return (
    <Panel title="Source" icon="note" aside={<code className="wrap-anywhere">{playbook.file}</code>}>
      <p className="panel-note" role="status">
        {problems.length === 0 ? "The linter finds nothing." : `The linter finds ${count(problems.length, "problem")}.`}{" "}
        <span className="muted wrap-anywhere">SHA-256 {playbook.hash}</span>
      </p>
      <div className="source" tabIndex={0} role="region" aria-label="Source of the playbook">
        <ol className="source-lines">
          {lines.map((line, index) => {
            const here = problems.filter((problem) => problem.line === index + 1);
            return (
              <li key={`${index} ${line}`} data-faulty={here.length > 0 || undefined}>
                <code>{line === "" ? " " : showHidden(line)}</code>
                {here.map((problem) => (
                  <p key={problem.message} className="source-problem">
                    <Badge tone={problem.level === "error" ? "danger" : "warn"}>{problem.level}</Badge>{" "}
                    <Inline text={problem.message} />. <Inline text={problem.remedy} />.
                  </p>
                ))}
              </li>
            );
          })}
        </ol>
      </div>
    </Panel>
  );
}
