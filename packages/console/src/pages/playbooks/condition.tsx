import { sayCondition } from "./say-condition.ts";

interface ConditionProps {
  readonly expression: string;
  readonly titles: ReadonlyMap<string, string>;
}

/** A condition in words where it can be said, always with the expression itself. */
export function Condition({ expression, titles }: ConditionProps) {
  const said = sayCondition(expression, titles);
  if (said === null) return <code className="wrap-anywhere">{expression}</code>;
  return (
    <span className="wrap-anywhere">
      {said} <code className="condition-code">{expression}</code>
    </span>
  );
}
