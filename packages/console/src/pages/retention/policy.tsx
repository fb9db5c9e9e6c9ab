import type { RetentionSchedule } from "@firebreak/protocol";
import { Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

const YEAR_DAYS = 365;
const daysText = (days: number) =>
  days >= YEAR_DAYS && days % YEAR_DAYS === 0 ? count(days / YEAR_DAYS, "year") : count(days, "day");

/** The policy as a table: it stands in the profile, and is changed there. */
export function Policy({ schedules }: { readonly schedules: readonly RetentionSchedule[] }) {
  return (
    <Panel title="Policy" icon="rules" aside={<span className="muted">changed in the profile</span>}>
      {/* a table that may be wider than a phone scrolls, and scrolls by keys too */}
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Policy">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col">In the database</th>
              <th scope="col">Archive at hand</th>
              <th scope="col">Deleted after</th>
              <th scope="col">Notice</th>
            </tr>
          </thead>
          <tbody>
            {schedules.map((one) => (
              <tr key={`${one.class} ${one.pack ?? ""}`}>
                <th scope="row">
                  {one.class}
                  {one.pack !== null && <span className="muted"> of {one.pack}</span>}
                </th>
                <td>{daysText(one.retainDays)}</td>
                <td>{one.archiveDays === null ? "not archived" : daysText(one.archiveDays)}</td>
                <td>{one.deleteDays === null ? "never" : daysText(one.deleteDays)}</td>
                <td>{one.noticeDays === 0 ? "none" : daysText(one.noticeDays)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
