import type { ReactNode } from "react";

interface PageHeadProps {
  readonly title: string;
  /** what stands beside the title: a sentence, or how it is */
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
}

/** The heading of a page with what can be done there. */
export function PageHead({ title, lead, actions }: PageHeadProps) {
  return (
    <header className="page-head">
      <div className="page-heading">
        <h1>{title}</h1>
        {lead !== undefined && <div className="page-lead">{lead}</div>}
      </div>
      {actions !== undefined && <div className="page-actions">{actions}</div>}
    </header>
  );
}
