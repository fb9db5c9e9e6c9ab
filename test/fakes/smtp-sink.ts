import { SMTPServer } from "smtp-server";

/** One message that the sink took. */
export interface ReceivedEmail {
  readonly from: string;
  readonly to: readonly string[];
  readonly messageId: string;
  readonly subject: string;
  /** the message as it came, CRLF line ends */
  readonly raw: string;
  /** the text after the header, decoded from quoted-printable or base64 */
  readonly text: string;
  readonly user: string | undefined;
}

export interface SmtpSinkOptions {
  /** refuses this many messages with `failCode` before it takes one */
  readonly failFirst?: number;
  /** default 451, "try again later" */
  readonly failCode?: number;
  /** drop a message whose Message-ID was taken before, as many mail servers do; else a repeat is unexpected mail */
  readonly dropRepeats?: boolean;
  /** demanded of senders; without it nobody needs to sign in */
  readonly credentials?: { readonly user: string; readonly password: string };
}

export type EmailExpectation = Partial<Pick<ReceivedEmail, "messageId" | "from">> & { subject?: RegExp; to?: string };

export interface SmtpSink {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly received: readonly ReceivedEmail[];
  /** Message-IDs of every message, refused ones included, in order */
  readonly attempts: readonly string[];
  /** resolves with the message, now or when it comes; each expectation takes one message */
  expect(expectation: EmailExpectation, deadlineMs?: number): Promise<ReceivedEmail>;
  /** @throws Error that names every message nobody expected and every expectation that was not met */
  close(): Promise<void>;
}

interface Waiter {
  readonly expectation: EmailExpectation;
  readonly resolve: (message: ReceivedEmail) => void;
}

/** An SMTP server on loopback that keeps what it is sent and lets nothing pass that a test did not expect. */
export async function startSmtpSink(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
  const received: ReceivedEmail[] = [];
  const unexpected: ReceivedEmail[] = [];
  const attempts: string[] = [];
  const waiters: Waiter[] = [];
  let failing = options.failFirst ?? 0;

  const take = (message: ReceivedEmail) => {
    const isRepeat = received.some((known) => known.messageId === message.messageId);
    if (isRepeat && options.dropRepeats === true) return;
    received.push(message);
    const index = waiters.findIndex((waiter) => matches(message, waiter.expectation));
    const [waiter] = index === -1 ? [] : waiters.splice(index, 1);
    if (waiter === undefined) unexpected.push(message);
    else waiter.resolve(message);
  };

  const server = new SMTPServer({
    disabledCommands: ["STARTTLS", ...(options.credentials === undefined ? ["AUTH"] : [])],
    authOptional: options.credentials === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth: (auth, _session, done) => {
      const known = auth.username === options.credentials?.user && auth.password === options.credentials?.password;
      done(known ? null : new Error("wrong user or password"), known ? { user: auth.username } : undefined);
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
        const to = session.envelope.rcptTo.map((recipient) => recipient.address);
        const user = typeof session.user === "string" ? session.user : undefined;
        const message = readEmail(Buffer.concat(chunks).toString("utf8"), from, to, user);
        attempts.push(message.messageId);
        if (failing > 0) {
          failing -= 1;
          return done(Object.assign(new Error("try again later"), { responseCode: options.failCode ?? 451 }));
        }
        done(null, "kept");
        take(message);
      });
    },
  });
  const port = await listen(server);
  return {
    host: "127.0.0.1",
    port,
    url: `smtp://127.0.0.1:${port}`,
    received,
    attempts,
    expect: (expectation, deadlineMs = 10_000) => {
      const index = unexpected.findIndex((message) => matches(message, expectation));
      const [message] = index === -1 ? [] : unexpected.splice(index, 1);
      return message === undefined ? waitFor(waiters, expectation, deadlineMs) : Promise.resolve(message);
    },
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      const faults = [
        ...unexpected.map((message) => `unexpected mail: ${message.subject}`),
        ...waiters.map((waiter) => `never came: ${String(waiter.expectation.subject ?? waiter.expectation.messageId)}`),
      ];
      if (faults.length > 0) throw new Error(`smtp sink:\n${faults.join("\n")}`);
    },
  };
}

function matches(message: ReceivedEmail, expectation: EmailExpectation): boolean {
  return (
    (expectation.messageId === undefined || message.messageId === expectation.messageId) &&
    (expectation.from === undefined || message.from === expectation.from) &&
    (expectation.to === undefined || message.to.includes(expectation.to)) &&
    (expectation.subject === undefined || expectation.subject.test(message.subject))
  );
}

function waitFor(waiters: Waiter[], expectation: EmailExpectation, deadlineMs: number): Promise<ReceivedEmail> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no mail within ${deadlineMs} ms`)), deadlineMs);
    waiters.push({
      expectation,
      resolve: (message) => {
        clearTimeout(timer);
        resolve(message);
      },
    });
  });
}

function readEmail(raw: string, from: string, to: string[], user: string | undefined): ReceivedEmail {
  const split = raw.indexOf("\r\n\r\n");
  const header = raw.slice(0, split).replace(/\r\n[ \t]+/g, " ");
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(header)?.[1]?.trim() ?? "";
  const text = decodeBody(raw.slice(split + 4), field("Content-Transfer-Encoding").toLowerCase());
  return { from, to, raw, text, user, messageId: field("Message-ID"), subject: decodeWords(field("Subject")) };
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
  return encoding === "quoted-printable" ? decodeQuotedPrintable(body.replace(/=\r\n/g, "")) : body;
}

/** RFC 2047 encoded words, as nodemailer writes them for subjects outside ASCII. */
function decodeWords(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_whole, kind: string, text: string) =>
      kind.toLowerCase() === "b"
        ? Buffer.from(text, "base64").toString("utf8")
        : decodeQuotedPrintable(text.replaceAll("_", " ")),
    );
}

function decodeQuotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/gi, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

async function listen(server: SMTPServer): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  server.on("error", () => {});
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the sink has no port");
  return address.port;
}
