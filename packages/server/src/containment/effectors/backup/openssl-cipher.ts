import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import type { Cipher, Decipher } from "node:crypto";
import { promisify } from "node:util";

/** What `openssl enc -aes-256-cbc -pbkdf2` writes (openssl-enc(1)): this word, eight bytes of salt, the ciphertext. */
export const SALTED = Buffer.from("Salted__", "latin1");
const SALT_BYTES = 8;
/** Its default with -pbkdf2. */
const ITERATIONS = 10_000;

export class CipherFault extends Error {
  override readonly name = "CipherFault";
}

const derive = promisify(pbkdf2);

async function keyOf(password: string, salt: Buffer): Promise<{ key: Buffer; iv: Buffer }> {
  const bytes = await derive(password, salt, ITERATIONS, 48, "sha256");
  return { key: bytes.subarray(0, 32), iv: bytes.subarray(32) };
}

/** Encrypts a stream so that `openssl enc -d -aes-256-cbc -pbkdf2` reads it. */
export async function* encrypt(source: AsyncIterable<Uint8Array>, password: string): AsyncGenerator<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const { key, iv } = await keyOf(password, salt);
  yield Buffer.concat([SALTED, salt]);
  yield* run(createCipheriv("aes-256-cbc", key, iv), source);
}

/** @throws CipherFault when the password is another one, or the end is missing; it says nothing of changed bytes in between */
export async function* decrypt(source: AsyncIterable<Uint8Array>, password: string): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  let decipher: Decipher | null = null;
  const rest = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      if (decipher !== null) {
        yield decipher.update(piece);
        continue;
      }
      head = Buffer.concat([head, piece]);
      if (head.length < SALTED.length + SALT_BYTES) continue;
      const salt = head.subarray(SALTED.length, SALTED.length + SALT_BYTES);
      const { key, iv } = await keyOf(password, salt);
      decipher = createDecipheriv("aes-256-cbc", key, iv);
      yield decipher.update(head.subarray(SALTED.length + SALT_BYTES));
    }
  };
  yield* rest(source);
  if (decipher === null) throw new CipherFault("it ends within its first bytes");
  yield finish(decipher);
}

async function* run(cipher: Cipher, source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of source) yield cipher.update(piece);
  yield cipher.final();
}

function finish(decipher: Decipher): Buffer {
  try {
    return decipher.final();
  } catch {
    throw new CipherFault("it cannot be decrypted: the key is another one, or its end is missing");
  }
}
