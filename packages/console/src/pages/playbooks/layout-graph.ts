/** Where the boxes and lines of a playbook's graph stand: from top to bottom, branches side by side. Units are pixels. */
import type { PlaybookStepView } from "@firebreak/protocol";
import { inOption, type StepNode } from "./tree.ts";

export const BOX = { width: 226, height: 72 } as const;
const GAP = 26;
const FAN_GAP = 44;
const MERGE_GAP = 22;
const COLUMN_GAP = 24;
const EMPTY_COLUMN_WIDTH = 130;
const FRAME_PAD = 16;
const PHASE_HEIGHT = 30;
const MARGIN = 16;

export interface GraphBox {
  readonly step: PlaybookStepView;
  readonly x: number;
  readonly y: number;
}

export interface GraphLine {
  readonly d: string;
  readonly kind: "next" | "again";
}

export interface GraphLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly kind: "phase" | "branch";
}

export interface GraphFrame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Graph {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly GraphBox[];
  readonly lines: readonly GraphLine[];
  readonly labels: readonly GraphLabel[];
  readonly frames: readonly GraphFrame[];
}

interface Canvas {
  readonly boxes: GraphBox[];
  readonly lines: GraphLine[];
  readonly labels: GraphLabel[];
  readonly frames: GraphFrame[];
}

/** Entered at the middle of its top, left at the middle of its bottom. */
interface Block {
  readonly width: number;
  readonly height: number;
  readonly draw: (canvas: Canvas, centre: number, top: number) => void;
}

type Node = StepNode<PlaybookStepView>;

const down = (x: number, from: number, to: number): GraphLine => ({ kind: "next", d: `M${x} ${from}V${to}` });

function sequence(nodes: readonly Node[]): Block {
  const blocks = nodes.map(stepBlock);
  return {
    width: Math.max(0, ...blocks.map(({ width }) => width)),
    height: blocks.reduce((sum, { height }) => sum + height, 0) + GAP * Math.max(0, blocks.length - 1),
    draw: (canvas, centre, top) => {
      let y = top;
      for (const [index, block] of blocks.entries()) {
        if (index > 0) {
          canvas.lines.push(down(centre, y, y + GAP));
          y += GAP;
        }
        block.draw(canvas, centre, y);
        y += block.height;
      }
    },
  };
}

function stepBlock(node: Node): Block {
  if (node.step.groups.length > 0) return fanBlock(node);
  return node.children.length > 0 ? frameBlock(node) : boxBlock(node.step);
}

function boxBlock(step: PlaybookStepView): Block {
  return {
    ...BOX,
    draw: ({ boxes }, centre, top) => void boxes.push({ step, x: centre - BOX.width / 2, y: top }),
  };
}

/** A decision or parallel step: its options or branches beside each other, and together again. */
function fanBlock(node: Node): Block {
  const columns = node.step.groups.map((group) => ({ group, block: sequence(inOption(node, group.id)) }));
  const widthOf = (block: Block) => Math.max(block.width, EMPTY_COLUMN_WIDTH);
  const width = columns.reduce((sum, { block }) => sum + widthOf(block), 0) + COLUMN_GAP * (columns.length - 1);
  const tallest = Math.max(...columns.map(({ block }) => block.height));
  const height = BOX.height + FAN_GAP + tallest + MERGE_GAP;
  return {
    width: Math.max(BOX.width, width),
    height,
    draw: (canvas, centre, top) => {
      boxBlock(node.step).draw(canvas, centre, top);
      const fanAt = top + BOX.height + 12;
      const mergeAt = top + height - MERGE_GAP / 2;
      const columnTop = top + BOX.height + FAN_GAP;
      let left = centre - width / 2;
      for (const { group, block } of columns) {
        const x = left + widthOf(block) / 2;
        canvas.lines.push({ kind: "next", d: `M${centre} ${top + BOX.height}V${fanAt}H${x}V${columnTop}` });
        canvas.labels.push({ kind: "branch", text: group.label, x, y: columnTop - 12 });
        block.draw(canvas, x, columnTop);
        canvas.lines.push({
          kind: "next",
          d: `M${x} ${columnTop + block.height}V${mergeAt}H${centre}V${top + height}`,
        });
        left += widthOf(block) + COLUMN_GAP;
      }
    },
  };
}

/** Steps within a step: a frame around them; what is done for each item leads back to its beginning. */
function frameBlock(node: Node): Block {
  const inner = sequence(node.children);
  const width = Math.max(inner.width, BOX.width) + FRAME_PAD * 4;
  const height = BOX.height + GAP + inner.height + FRAME_PAD;
  return {
    width,
    height,
    draw: (canvas, centre, top) => {
      const middle = top + BOX.height / 2;
      canvas.frames.push({ x: centre - width / 2, y: middle, width, height: height - BOX.height / 2 });
      boxBlock(node.step).draw(canvas, centre, top);
      canvas.lines.push(down(centre, top + BOX.height, top + BOX.height + GAP));
      inner.draw(canvas, centre, top + BOX.height + GAP);
      const end = top + height - FRAME_PAD;
      canvas.lines.push(down(centre, end, top + height));
      if (node.step.type !== "for-each") return;
      const side = centre - width / 2 + FRAME_PAD / 2;
      const d = `M${centre} ${end + FRAME_PAD / 2}H${side}V${middle}H${centre - BOX.width / 2}`;
      canvas.lines.push({ kind: "again", d });
    },
  };
}

interface PhaseSteps {
  readonly title: string;
  readonly nodes: readonly Node[];
}

/** @returns the graph of the phases, each under its title */
export function layoutGraph(phases: readonly PhaseSteps[]): Graph {
  const canvas: Canvas = { boxes: [], lines: [], labels: [], frames: [] };
  const blocks = phases.map(({ title, nodes }) => ({ title, block: sequence(nodes) }));
  const width = Math.max(BOX.width, ...blocks.map(({ block }) => block.width)) + MARGIN * 2;
  let y = MARGIN / 2;
  for (const [index, { title, block }] of blocks.entries()) {
    if (index > 0) canvas.lines.push(down(width / 2, y, y + PHASE_HEIGHT + GAP / 2));
    canvas.labels.push({ kind: "phase", text: title, x: MARGIN, y: y + PHASE_HEIGHT / 2 });
    y += PHASE_HEIGHT + (index > 0 ? GAP / 2 : 0);
    block.draw(canvas, width / 2, y);
    y += block.height;
  }
  return { width, height: y + MARGIN, ...canvas };
}
