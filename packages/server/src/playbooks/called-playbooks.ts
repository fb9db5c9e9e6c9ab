import { FirebreakError } from "../kernel/index.ts";
import type { PlaybookDocument } from "./format.ts";
import { placeSteps } from "./placed-step.ts";
import type { DocumentPath } from "./problem.ts";

/** How deep playbooks call each other: the first one calls, and those it calls twice more. */
export const CALLS_MAX = 3;

/** A playbook that may be called. */
interface Callable {
  readonly document: PlaybookDocument;
  readonly hash: string;
  readonly text: string;
}

interface CalledPlaybooks {
  readonly documents: ReadonlyMap<string, PlaybookDocument>;
  /** kept with the run: it keeps its versions */
  readonly texts: Readonly<Record<string, { readonly hash: string; readonly text: string }>>;
}

/** @returns the playbooks that one calls, and where */
export function callsOf(document: PlaybookDocument): { readonly playbook: string; readonly path: DocumentPath }[] {
  return placeSteps(document).flatMap(({ step, path }) =>
    step.type === "sub-playbook" ? [{ playbook: step.playbook, path: [...path, "playbook"] }] : [],
  );
}

/**
 * @returns every playbook that one calls, and those that they call
 * @throws FirebreakError conflict when one of them is not there or they call each other too deeply
 */
export function collectCalled(playbooks: ReadonlyMap<string, Callable>, document: PlaybookDocument): CalledPlaybooks {
  const found = new Map<string, Callable>();
  const visit = (from: PlaybookDocument, depth: number): void => {
    for (const { playbook: id } of callsOf(from)) {
      const called = playbooks.get(id);
      if (!called) {
        throw new FirebreakError("conflict", `the playbook ${from.id} calls ${id}, which is not there or has errors`);
      }
      if (depth > CALLS_MAX) {
        throw new FirebreakError(
          "conflict",
          `playbooks call each other more than ${CALLS_MAX} deep, from ${document.id}`,
        );
      }
      found.set(id, called);
      visit(called.document, depth + 1);
    }
  };
  visit(document, 1);
  return {
    documents: new Map([...found].map(([id, called]) => [id, called.document])),
    texts: Object.fromEntries([...found].map(([id, { hash, text }]) => [id, { hash, text }])),
  };
}
