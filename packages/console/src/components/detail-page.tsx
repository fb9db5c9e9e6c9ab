import type { ReactNode } from "react";
import { Link } from "wouter";
import { Icon } from "../ui/icons.tsx";
import { Loaded, type Loadable, useTabTitle } from "./page.tsx";

interface CrumbProps {
  readonly href: string;
  readonly children: ReactNode;
}

/** The way back to where a page hangs. */
export function Crumb({ href, children }: CrumbProps) {
  return (
    <p className="crumb">
      <Link href={href}>
        <Icon name="back" size={14} /> {children}
      </Link>
    </p>
  );
}

interface DetailPageProps<T> {
  readonly query: Loadable<T>;
  /** the heading until it is loaded */
  readonly name: string;
  /** the browser tab's title once it is */
  readonly tabTitle: (data: T) => string;
  readonly back: { readonly href: string; readonly label: string };
  readonly children: (data: T) => ReactNode;
}

/** A page about one thing: the way back, and the thing once it is loaded, which brings its own heading. */
export function DetailPage<T>({ query, name, tabTitle, back, children }: DetailPageProps<T>) {
  useTabTitle(query.data === undefined ? name : tabTitle(query.data));
  return (
    <div className="page">
      <Crumb href={back.href}>{back.label}</Crumb>
      {query.data === undefined && <h1 className="wrap-anywhere">{name}</h1>}
      <Loaded query={query} rows={8}>
        {children}
      </Loaded>
    </div>
  );
}
