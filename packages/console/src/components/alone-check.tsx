import { Checklist } from "../ui/fields.tsx";

interface AloneCheckProps {
  readonly act: "release" | "erase";
  readonly alone: boolean;
  readonly onChange: (alone: boolean) => void;
}

/** For an act that two persons decide on, where there is only one. */
export function AloneCheck({ act, alone, onChange }: AloneCheckProps) {
  const line = `Nobody else here could approve it: I ${act} it alone, and that is recorded.`;
  return (
    <Checklist
      label="When you are alone"
      lines={[line]}
      checked={alone ? [line] : []}
      onChange={(checked) => onChange(checked.length > 0)}
    />
  );
}
