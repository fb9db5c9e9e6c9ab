import type { ReactNode } from "react";
import { type Back, Crumb } from "./crumb.tsx";
import { Loaded, type Loadable, useTabTitle } from "./page.tsx";

interface DetailPageProps<T> {
  readonly query: Loadable<T>;
  /** the heading until it is loaded */
  readonly name: string;
  /** the browser tab's title once it is */
  readonly tabTitle: (data: T) => string;
  readonly back: Back;
  readonly children: (data: T) => ReactNode;
}

/** A page about one thing: the way back, and the thing once it is loaded, which brings its own heading. */
export function DetailPage<T>({ query, name, tabTitle, back, children }: DetailPageProps<T>) {
  useTabTitle(query.data === undefined ? name : tabTitle(query.data));
  return (
    <div className="page">
      <Crumb {...back} />
      {query.data === undefined && <h1 className="wrap-anywhere">{name}</h1>}
      <Loaded query={query} rows={8}>
        {children}
      </Loaded>
    </div>
  );
}
