/** Apart from the schemas: who only needs the names need not load a validator. */
export const SEVERITY_NAMES = { 1: "critical", 2: "high", 3: "medium", 4: "low" } as const;
