/** Collections that this server does by itself, beside those of playbooks. */
export interface Collections {
  readonly underWay: Map<string, { readonly done: Promise<void>; readonly abort: AbortController }>;
  /** Seals what was had of each. */
  close(): Promise<void>;
}

export function createCollections(): Collections {
  const underWay: Collections["underWay"] = new Map();
  return {
    underWay,
    close: async () => {
      for (const { abort } of underWay.values()) abort.abort();
      await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
}
