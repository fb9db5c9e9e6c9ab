import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { FirebreakError } from "../kernel/index.ts";

/** Cost of one hash: memory is 128 * N * r bytes, work grows with N * r * p. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** One of the equal choices of the OWASP Password Storage Cheat Sheet: N=2^15, r=8, p=3 (32 MiB). */
const COST: ScryptCost = { logN: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** A hash from the database that asks for more than this was not written by us. */
const LOG_N_MAX = 18;
const MEMORY_BYTES_MAX = 512 * 1024 * 1024;

/** scrypt runs in the four threads that also serve files and names: two at once leave the others free. */
const CONCURRENT_MAX = 2;
const WAITING_MAX = 32;

export interface PasswordHasher {
  /** @returns a PHC string: `$scrypt$ln=15,r=8,p=3$SALT$HASH` */
  hash(password: string): Promise<string>;
  /** @param stored null for a user without a password: takes as long as a real check, and fails */
  verify(password: string, stored: string | null): Promise<boolean>;
}

/**
 * @param cost of new hashes; only tests take less than the default
 * @throws FirebreakError `too_many_requests` from both verbs when too many wait already
 */
export function createPasswordHasher(cost: ScryptCost = COST): PasswordHasher {
  const runLimited = createLimit();
  const derive = (password: string, salt: Buffer, asked: ScryptCost) =>
    runLimited(() => deriveKey(password, salt, asked, KEY_BYTES));
  return {
    hash: async (password) => {
      const salt = randomBytes(SALT_BYTES);
      return format(cost, salt, await derive(password, salt, cost));
    },
    verify: async (password, stored) => {
      const parsed = parse(stored);
      const key = await derive(password, parsed?.salt ?? Buffer.alloc(SALT_BYTES), parsed?.cost ?? cost);
      return parsed !== null && timingSafeEqual(key, parsed.key);
    },
  };
}

/** The same password typed on another keyboard must give the same bytes (NIST SP 800-63B, 3.1.1.2). */
function deriveKey(password: string, salt: Buffer, cost: ScryptCost, bytes: number): Promise<Buffer> {
  const options = { N: 2 ** cost.logN, r: cost.r, p: cost.p, maxmem: MEMORY_BYTES_MAX };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function format(cost: ScryptCost, salt: Buffer, key: Buffer): string {
  const parameters = `ln=${cost.logN},r=${cost.r},p=${cost.p}`;
  return `$scrypt$${parameters}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

function parse(stored: string | null): { cost: ScryptCost; salt: Buffer; key: Buffer } | null {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/.exec(stored ?? "");
  if (match === null) return null;
  const [, logN, r, p, salt, key] = match;
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const bytes = Buffer.from(key ?? "", "base64url");
  if (cost.logN > LOG_N_MAX || bytes.length !== KEY_BYTES) return null;
  return { cost, salt: Buffer.from(salt ?? "", "base64url"), key: bytes };
}

function createLimit() {
  let running = 0;
  const waiting: (() => void)[] = [];
  const release = () => {
    running -= 1;
    waiting.shift()?.();
  };
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= CONCURRENT_MAX) {
      if (waiting.length >= WAITING_MAX) {
        throw new FirebreakError("too_many_requests", "Too many people sign in at once. Try again in some seconds.", {
          retryAfterSeconds: 5,
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      release();
    }
  };
}
