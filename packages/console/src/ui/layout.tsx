import { type ReactNode, useId } from "react";
import { Icon, type IconName } from "./icons.tsx";

interface PanelProps {
  readonly title: string;
  readonly icon?: IconName;
  readonly aside?: ReactNode;
  readonly tone?: "danger" | "hold" | "accent";
  /** one of many alike: a group, because landmarks of the same name help nobody */
  readonly repeated?: boolean;
  readonly children: ReactNode;
}

/** A titled part of a page; a landmark for assistive technology. */
export function Panel({ title, icon, aside, tone, repeated, children }: PanelProps) {
  const id = useId();
  return (
    <section
      className={`panel${tone ? ` panel-${tone}` : ""}`}
      aria-labelledby={id}
      {...(repeated ? { role: "group" } : {})}
    >
      <header className="panel-head">
        {icon && <Icon name={icon} />}
        <h2 className="panel-title" id={id}>
          {title}
        </h2>
        {aside !== undefined && <div className="panel-aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** Text in which `backticks` stand for a command, as the server's remedies write them. */
export function Inline({ text }: { readonly text: string }) {
  const parts = text.split("`");
  return parts.map((part, index) =>
    index % 2 === 1 && index < parts.length - 1 ? <code key={`${index} ${part}`}>{part}</code> : part,
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly command?: string;
}

/** Nothing here, and the next step that would change it. */
export function Empty({ title, children, command }: EmptyProps) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <p className="empty-text">{children}</p>}
      {command && <pre className="command">{command}</pre>}
    </div>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <div key={fact.label} className="fact">
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface NoticeProps {
  readonly tone: "info" | "warn" | "danger" | "ok";
  readonly title: string;
  readonly children?: ReactNode;
}

/** Something the reader has to know before going on. Faults are read out at once. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div className={`notice tone-${tone}`} role={tone === "danger" ? "alert" : undefined}>
      <Icon name={tone === "ok" ? "check" : "warn"} />
      <div className="notice-text">
        <p className="notice-title">{title}</p>
        {children}
      </div>
    </div>
  );
}

/** Stands where content will be, with its rough shape, so that nothing jumps. */
export function Loading({ rows = 4, label = "Loading" }: { readonly rows?: number; readonly label?: string }) {
  return (
    <div className="loading" role="status">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton" />
      ))}
    </div>
  );
}

export function Kbd({ keys }: { readonly keys: string }) {
  return (
    <span className="keys">
      {keys.split(" ").map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
