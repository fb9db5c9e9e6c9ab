import type { ReactNode } from "react";
import { Mark } from "../ui/icons.tsx";
import { useTabTitle } from "./page.tsx";

/** What is shown without the console around it. */
export function SignedOutFrame({
  title,
  wide = false,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  useTabTitle(title);
  return (
    <main className="sign-in">
      <div className={wide ? "sign-in-card sign-in-wide" : "sign-in-card"}>
        <p className="brand">
          <Mark size={28} />
          Firebreak
        </p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
