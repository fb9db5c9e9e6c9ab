import type {
  EvidenceCustodyView,
  EvidenceItemView,
  EvidenceManifestView,
  EvidencePreview,
  EvidenceView,
} from "@firebreak/protocol";

const SHA256 = "4be1".repeat(16);

function itemsOf(at: string): EvidenceItemView[] {
  const whole = {
    description: "read from /proc",
    state: "collected",
    reason: null,
    sha256: SHA256,
    collectedAt: at,
  } as const;
  return [
    { ...whole, index: 0, name: "process-tree.json", bytes: 51_200 },
    { ...whole, index: 1, name: "workspace/<img src=x onerror=alert(1)>.html", bytes: 90 },
    {
      ...whole,
      index: 2,
      name: "output.log",
      bytes: 8_388_608,
      state: "degraded",
      reason: "only the last 8388608 bytes were kept",
    },
    {
      ...whole,
      index: 3,
      name: "memory.core",
      bytes: 0,
      state: "failed",
      reason: "gcore is not installed",
      sha256: null,
    },
  ];
}

function manifestOf(archive: EvidenceView): EvidenceManifestView {
  const { id, reason, manifestSha256, collectedAt: at } = archive;
  const states = { collected: 2, degraded: 1, failed: 1 };
  const who = { collector: "playbook rogue-agent", hostname: "agents-1", platform: "linux 6.1 x64" };
  return { id, ...who, startedAt: at, completedAt: at, reason, manifestSha256, states, items: itemsOf(at), next: null };
}

function custodyOf(archive: EvidenceView): EvidenceCustodyView[] {
  const { collectedAt: at, reason } = archive;
  const first = { line: 1, at, act: "collected", actor: "playbook rogue-agent", reason, from: null, to: null } as const;
  const seal = {
    ...first,
    line: 2,
    act: "sealed",
    actor: "daemon firebreak",
    reason: "its files are read-only and immutable",
  } as const;
  return [first, seal];
}

const PREVIEW: EvidencePreview = {
  name: "workspace/<img src=x onerror=alert(1)>.html",
  kind: "text",
  text: "<script>document.title = 'owned'</script>\n<img src=x onerror=\"document.title='owned'\">\ufffd[2J",
  offset: 0,
  bytes: 90,
  bytesTotal: 90,
  next: null,
};

interface EvidenceCall {
  readonly id: string;
  readonly path: string;
  readonly body: Record<string, unknown>;
}

/** The routes of archives, over what the sample holds. */
export function evidenceRoutes(archives: readonly EvidenceView[], missing: () => never) {
  const find = (id: string): EvidenceView => archives.find((archive) => archive.id === id) ?? missing();
  return {
    "GET /evidence": () => ({ items: archives, next: null }),
    "GET /evidence/:id": ({ id }: EvidenceCall) => find(id),
    "GET /evidence/:id/items": ({ id }: EvidenceCall) => manifestOf(find(id)),
    "GET /evidence/:id/custody": ({ id }: EvidenceCall) => ({ items: custodyOf(find(id)), next: null }),
    "POST /evidence/:id/transfers": ({ id }: EvidenceCall) => ({ items: custodyOf(find(id)), next: null }),
    "GET /evidence/:id/items/1/preview": () => PREVIEW,
  };
}
