import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";

export type BadgeTone = "neutral" | "info" | "ok" | "warn" | "danger" | "hold";

const TONE_ICONS = {
  neutral: "dot",
  info: "play",
  ok: "check",
  warn: "warn",
  danger: "incident",
  hold: "stop",
} as const satisfies Record<BadgeTone, IconName>;

interface BadgeProps {
  readonly tone: BadgeTone;
  readonly icon?: IconName;
  readonly title?: string;
  readonly children: ReactNode;
}

/** A state in words with an icon; the colour only repeats what both say. */
export function Badge({ tone, icon, title, children }: BadgeProps) {
  return (
    <span className={`badge tone-${tone}`} title={title}>
      <Icon name={icon ?? TONE_ICONS[tone]} size={12} />
      {children}
    </span>
  );
}
