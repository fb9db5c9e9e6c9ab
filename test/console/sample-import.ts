/** A small runbook, and what an import makes of it. */
import type { PlaybookImport } from "@firebreak/protocol";

export const RUNBOOK = [
  "# The disk is full",
  "",
  "Somebody always notices too late.",
  "",
  "## Immediate actions",
  "",
  "1. Look at the disk:",
  "   df -h /",
  "2. Make room: docker system prune -af",
].join("\n");

const YAML = [
  "id: disk-full",
  "title: The disk is full",
  "phases:",
  "  - id: contain",
  "    steps:",
  "      - id: look-at-the-disk",
  "        title: Look at the disk",
  "        effector: check.disk",
  "      - id: make-room",
  "        title: Make room",
  "        type: manual",
].join("\n");

const lines = (
  from: number,
  to: number,
  became: PlaybookImport["lines"][number]["became"],
  part: Partial<PlaybookImport["lines"][number]> = {},
): PlaybookImport["lines"][number] => ({
  from,
  to,
  became,
  understood: true,
  playbook: "disk-full",
  step: null,
  effector: null,
  detail: "",
  ...part,
});

export const IMPORTED: PlaybookImport = {
  playbooks: [
    {
      id: "disk-full",
      title: "The disk is full",
      fromLine: 1,
      toLine: 9,
      steps: 2,
      yaml: YAML,
      problems: [
        {
          level: "error",
          line: 9,
          column: 9,
          message: "`timeBox` of step make-room is missing",
          remedy: "add how long the step may take",
        },
      ],
    },
  ],
  lines: [
    lines(1, 1, "playbook"),
    lines(3, 3, "note", { understood: false, detail: "kept in the description" }),
    lines(5, 5, "phase"),
    lines(7, 8, "step", { step: "look-at-the-disk", effector: "check.disk" }),
    lines(9, 9, "step", { step: "make-room", detail: "a person does it" }),
  ],
  warnings: [
    {
      line: 9,
      code: "blind_prune",
      message: "`docker system prune` removes what nobody has looked at",
      remedy: "remove old images by their age",
    },
  ],
  added: [{ playbook: "disk-full", step: "keep-evidence", note: "evidence is kept before what destroys it" }],
  contacts: [],
  severities: [],
};
