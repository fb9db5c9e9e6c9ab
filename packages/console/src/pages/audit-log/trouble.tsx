import type { ShipmentView } from "@firebreak/protocol";
import { Ago } from "../../components/bits.tsx";
import { showHidden } from "../../harmless.ts";
import { Inline } from "../../ui/layout.tsx";

interface TroubleProps {
  readonly of: Pick<ShipmentView, "problem" | "failingSince" | "remedy"> & Partial<Pick<ShipmentView, "nextTryAt">>;
}

/** What is wrong with a place or a witness, since when, what to do, and when it is tried again. */
export function Trouble({ of: { problem, failingSince, remedy, nextTryAt } }: TroubleProps) {
  if (problem === null) return null;
  return (
    <div className="log-trouble">
      <p className="log-problem wrap-anywhere">
        {failingSince !== null && (
          <>
            Failing since <Ago at={failingSince} />:{" "}
          </>
        )}
        {showHidden(problem)}
      </p>
      <p className="wrap-anywhere">
        {remedy !== null && <Inline text={remedy} />}
        {nextTryAt && (
          <span className="muted">
            {" "}
            Tried again by itself <Ago at={nextTryAt} />.
          </span>
        )}
      </p>
    </div>
  );
}
