// HTTP/1.1 on one kept connection, in as little work as it takes: what the load costs this process
// is not there for the server to use.
import { connect, type Socket } from "node:net";
import type { Ask } from "./cases/case.ts";

const END_OF_HEAD = Buffer.from("\r\n\r\n");
/** workerd closes a connection on which nothing was asked for five seconds. */
const most_idle_ms = 3_000;

export interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
  text(): string;
}

/** The bytes of a request, as a client of the app's own would send them. */
export function requestOf(ask: Ask, host: string, credentials: Record<string, string>): Buffer {
  const isText = typeof ask.body === "string" || Buffer.isBuffer(ask.body);
  const body = isText ? ask.body : ask.body && JSON.stringify(ask.body);
  const bytes = Buffer.from((body as string | Buffer | undefined) ?? "");
  const headers: Record<string, string> = {
    host,
    accept: "*/*",
    "accept-encoding": "gzip, deflate",
    "accept-language": "*",
    "user-agent": "node",
    "x-client-info": "supabase-js-node/2.119.0",
    ...credentials,
    ...(ask.body !== undefined && !isText && { "content-type": "application/json" }),
    ...ask.headers,
    ...(ask.body !== undefined && { "content-length": String(bytes.length) }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${ask.method} ${ask.path} HTTP/1.1\r\n${lines.join("")}\r\n`),
    bytes,
  ]);
}

interface Waiting {
  done: (answer: Answer) => void;
  fail: (error: Error) => void;
}

/** One request at a time. */
export class Connection {
  private readonly socket: Socket;
  private received: Buffer[] = [];
  private length = 0;
  private needs = 0;
  private waiting: Waiting | undefined;
  private answered = performance.now();

  constructor(url: URL) {
    this.socket = connect(Number(url.port), url.hostname);
    this.socket.setNoDelay(true);
    this.socket.on("data", (chunk: Buffer) => this.take(chunk));
    const ended = (error?: Error) => this.waiting?.fail(error ?? new Error("it hung up"));
    this.socket.on("error", ended);
    this.socket.on("close", () => ended());
  }

  /** Whether another request may be sent: the server has not closed it, nor is about to. */
  get usable(): boolean {
    return this.socket.writable && performance.now() - this.answered < most_idle_ms;
  }

  send(request: Buffer): Promise<Answer> {
    return new Promise((done, fail) => {
      if (!this.socket.writable) return fail(new Error("it has hung up"));
      this.waiting = { done, fail };
      this.socket.write(request);
    });
  }

  close(): void {
    this.waiting = undefined;
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received.push(chunk);
    this.length += chunk.length;
    if (this.length < this.needs) return;
    const bytes = this.received.length === 1 ? chunk : Buffer.concat(this.received);
    this.received = [bytes];
    const head = bytes.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const answer = answerIn(bytes, head);
    if (typeof answer === "number") {
      this.needs = answer;
      return;
    }
    const { waiting } = this;
    this.received = [];
    this.length = 0;
    this.needs = 0;
    this.waiting = undefined;
    this.answered = performance.now();
    waiting?.done(answer);
  }
}

/** The answer, or how many bytes there must be before it is worth another look. */
function answerIn(bytes: Buffer, head: number): Answer | number {
  const lines = bytes.toString("latin1", 0, head);
  const status = Number(lines.slice(9, 12));
  const start = head + END_OF_HEAD.length;
  const [, stated] = /\r\ncontent-length: *(\d+)/i.exec(lines) ?? [];
  let body: Buffer;
  if (stated !== undefined) {
    const end = start + Number(stated);
    if (bytes.length < end) return end;
    body = bytes.subarray(start, end);
  } else if (/\r\ntransfer-encoding: *chunked/i.test(lines)) {
    const whole = unchunked(bytes, start);
    if (!whole) return bytes.length + 1;
    body = whole;
  } else body = bytes.subarray(start, start);
  return {
    status,
    get headers() {
      const pairs = lines.split("\r\n").slice(1);
      return new Headers(pairs.map((line) => splitAt(line, line.indexOf(":"))));
    },
    body,
    text: () => body.toString(),
  };
}

function splitAt(line: string, at: number): [string, string] {
  return [line.slice(0, at), line.slice(at + 1).trim()];
}

/** The body of a chunked answer; undefined while it is not all there. */
function unchunked(bytes: Buffer, start: number): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, end), 16);
    const next = end + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = next;
  }
}
