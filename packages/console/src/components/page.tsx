import { type ReactNode, useEffect } from "react";
import { Loading } from "../ui/layout.tsx";
import { ProblemNotice } from "./bits.tsx";
import { type Back, Crumb } from "./crumb.tsx";
import { PageHead } from "./page-head.tsx";

interface PageProps {
  readonly title: string;
  /** the browser tab's title when it should say more */
  readonly tabTitle?: string;
  /** where the page hangs, when it is not in the menu itself */
  readonly back?: Back;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function useTabTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Firebreak`;
  }, [title]);
}

export function Page({ title, tabTitle, back, lead, actions, children }: PageProps) {
  useTabTitle(tabTitle ?? title);
  return (
    <div className="page">
      {back !== undefined && <Crumb {...back} />}
      <PageHead title={title} lead={lead} actions={actions} />
      {children}
    </div>
  );
}

/** What a query is, as far as a page shows it. */
export interface Loadable<T> {
  readonly data: T | undefined;
  readonly error: unknown;
}

interface LoadedProps<T> {
  readonly query: Loadable<T>;
  readonly rows?: number;
  readonly children: (data: T) => ReactNode;
}

/** Waits, says what failed, or shows the data; keeps showing what it has when a refresh fails, and says so. */
export function Loaded<T>({ query, rows, children }: LoadedProps<T>) {
  if (query.data === undefined)
    return query.error ? <ProblemNotice error={query.error} /> : <Loading {...(rows === undefined ? {} : { rows })} />;
  return (
    <>
      <ProblemNotice error={query.error} />
      {children(query.data)}
    </>
  );
}
