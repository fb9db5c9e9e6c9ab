import type pg from "pg";

/**
 * The pool for graphile-worker 0.17: its listener gives a connection back twice when that breaks while the runner stops,
 * the second time in a promise that nobody awaits, and `pg` answers that with an error, which would end the process.
 *
 * @returns the same pool, whose connections may be given back again without effect
 */
export function tolerateSecondRelease(pool: pg.Pool): pg.Pool {
  const connect = (callback?: ConnectCallback): Promise<pg.PoolClient> | void => {
    if (callback === undefined) return pool.connect();
    pool.connect((fault, client, release) => callback(fault, client, once(release)));
  };
  return new Proxy(pool, {
    get: (target, key) => (key === "connect" ? connect : Reflect.get(target, key, target)),
  });
}

type Release = (release?: Error | boolean) => void;
type ConnectCallback = (fault: Error | undefined, client: pg.PoolClient | undefined, release: Release) => void;

/** @param release `pg` hands over none when no connection became free in time, whatever its types say */
function once(release: Release | undefined): Release {
  let released = release === undefined;
  return (fault) => {
    if (released) return;
    released = true;
    release?.(fault);
  };
}
