import { Link } from "wouter";
import { Icon } from "../ui/icons.tsx";

export interface Back {
  readonly href: string;
  readonly label: string;
}

/** The way back to where a page hangs. */
export function Crumb({ href, label }: Back) {
  return (
    <p className="crumb">
      <Link href={href}>
        <Icon name="back" size={14} /> {label}
      </Link>
    </p>
  );
}
