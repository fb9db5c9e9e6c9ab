/** Lets so many through at once; the others wait in the order in which they came. */
export interface Turnstile {
  /** how many wait now */
  readonly waiting: () => number;
  pass<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurnstile(atOnce: number): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;
  return {
    waiting: () => waiting.length,
    pass: async (work) => {
      if (inside < atOnce) inside++;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      try {
        return await work();
      } finally {
        // who waits takes over the place
        const next = waiting.shift();
        if (next === undefined) inside--;
        else next();
      }
    },
  };
}
