import { useState } from "react";
import { showHidden } from "../harmless.ts";

const LINES_SHOWN = 8;
const CHARACTERS_SHOWN = 600;

interface LongTextProps {
  readonly text: string;
  /** of the whole, when `text` is cut already */
  readonly length?: number;
  readonly label?: string;
}

/** What somebody else wrote, as text and nothing else; the beginning of it while it is long. */
export function LongText({ text, length = text.length, label }: LongTextProps) {
  const [isOpen, setOpen] = useState(false);
  const lines = text.split("\n");
  const short = lines.slice(0, LINES_SHOWN).join("\n").slice(0, CHARACTERS_SHOWN);
  const isLong = short.length < text.length;
  return (
    <div className="said">
      {label !== undefined && <span className="said-label">{label}</span>}
      <pre className="said-text" dir="auto">
        {showHidden(isOpen || !isLong ? text : `${short} …`)}
      </pre>
      {isLong && (
        <button type="button" className="link-button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen
            ? "Show less"
            : `Show all ${lines.length > LINES_SHOWN ? `${lines.length.toLocaleString("en")} lines` : "of it"}`}
        </button>
      )}
      {length > text.length && (isOpen || !isLong) && (
        <p className="muted">
          The first {text.length.toLocaleString("en")} of {length.toLocaleString("en")} characters; the event has them
          all.
        </p>
      )}
    </div>
  );
}
