import type { PlaybookDetail, PlaybookStepView, StepState } from "@firebreak/protocol";
import { type KeyboardEvent, useMemo, useRef } from "react";
import { STEP_WORDS } from "../../words.ts";
import { BOX, layoutGraph } from "./layout-graph.ts";
import { toTree } from "./tree.ts";
import { sayPhase, STEP_TYPE_WORDS } from "./words.ts";

const LINE_CHARACTERS_MAX = 26;
const LABEL_CHARACTERS_MAX = 34;
const TITLE_LINES_MAX = 3;

const cut = (text: string, most: number) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** Breaks a title at its words into lines that fit the box. */
function wrapTitle(title: string): readonly string[] {
  const lines: string[] = [""];
  for (const word of title.split(/\s+/)) {
    const last = lines.at(-1) ?? "";
    const longer = last === "" ? word : `${last} ${word}`;
    if (longer.length <= LINE_CHARACTERS_MAX) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const words = lines.filter((line) => line !== "");
  const shown = [...words.slice(0, TITLE_LINES_MAX - 1), words.slice(TITLE_LINES_MAX - 1).join(" ")];
  return shown.filter((line) => line !== "").map((line) => cut(line, LINE_CHARACTERS_MAX));
}

interface NodeProps {
  readonly step: PlaybookStepView;
  readonly at: { readonly x: number; readonly y: number };
  readonly state: StepState | undefined;
  readonly onOpen: (id: string) => void;
}

function Node({ step, at, state, onOpen }: NodeProps) {
  const word = STEP_TYPE_WORDS[step.type];
  const lines = wrapTitle(step.title);
  const said = [word.label, ...(state === undefined ? [] : [STEP_WORDS[state].label])];
  return (
    <a
      href={`#step-${step.id}`}
      className={`flow-node${state === undefined ? "" : ` tone-${STEP_WORDS[state].tone}`}`}
      data-by={word.by}
      data-state={state}
      onClick={(event) => {
        event.preventDefault();
        onOpen(step.id);
      }}
    >
      <rect x={at.x} y={at.y} width={BOX.width} height={BOX.height} rx={step.groups.length > 0 ? 18 : 7} />
      {lines.map((line, index) => (
        <text key={line} className="flow-title" x={at.x + 12} y={at.y + 18 + index * 15}>
          {line}
        </text>
      ))}
      <text className="flow-said" x={at.x + 12} y={at.y + BOX.height - 8}>
        {cut(`${said.join(" · ")}${step.destroysEvidence ? " · destroys" : ""}`, LABEL_CHARACTERS_MAX)}
      </text>
    </a>
  );
}

/** Arrow keys go from box to box in the order of the steps. */
function moveAmong(event: KeyboardEvent<SVGSVGElement>): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  const nodes = [...event.currentTarget.querySelectorAll<SVGAElement>(".flow-node")];
  const here = nodes.findIndex((node) => node === document.activeElement);
  const next = nodes[here + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

interface GraphProps {
  readonly playbook: PlaybookDetail;
  /** of a run, by the ids of the steps */
  readonly states?: ReadonlyMap<string, StepState>;
  readonly onOpen: (id: string) => void;
}

/** The playbook as a picture. The same stands in words in the document; every box leads to its step there. */
export function PlaybookGraph({ playbook, states, onOpen }: GraphProps) {
  const svg = useRef<SVGSVGElement>(null);
  const graph = useMemo(() => {
    const tree = toTree(playbook.steps);
    return layoutGraph(
      playbook.phases.map(({ id }) => ({
        title: sayPhase(id),
        nodes: tree.filter(({ step }) => step.phase === id),
      })),
    );
  }, [playbook]);
  return (
    <figure className="flow">
      <figcaption className="flow-caption muted">
        From top to bottom; branches stand side by side. Arrow keys go from step to step, Enter shows one in words.
      </figcaption>
      <div className="flow-scroll">
        <svg
          ref={svg}
          width={graph.width}
          height={graph.height}
          viewBox={`0 0 ${graph.width} ${graph.height}`}
          role="group"
          aria-label={`Graph of ${playbook.title}`}
          onKeyDown={moveAmong}
        >
          <defs>
            <marker id="flow-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path className="flow-head" d="M0 0 8 4 0 8z" />
            </marker>
          </defs>
          <g aria-hidden="true">
            {graph.frames.map((frame) => (
              <rect key={`${frame.x} ${frame.y}`} className="flow-frame" rx={10} {...frame} />
            ))}
            {graph.lines.map(({ d, kind }) => (
              <path key={d} className="flow-line" data-kind={kind} d={d} markerEnd="url(#flow-arrow)" />
            ))}
            {graph.labels.map(({ x, y, text, kind }) => (
              <text key={`${x} ${y} ${text}`} className={`flow-label flow-label-${kind}`} x={x} y={y}>
                {cut(text, LABEL_CHARACTERS_MAX)}
              </text>
            ))}
          </g>
          {graph.boxes.map(({ step, x, y }) => (
            <Node key={step.id} step={step} at={{ x, y }} state={states?.get(step.id)} onOpen={onOpen} />
          ))}
        </svg>
      </div>
    </figure>
  );
}
