import { STATUS_CODES } from "node:http";
import type { HttpAnswer } from "./http_answer.ts";

/** What the head of an answer depends on beside the answer. */
export interface AnswerHeadOptions {
  readonly keepAlive: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** The bytes of a body, also of one that HEAD leaves out. */
export function bodyLength({ body }: HttpAnswer): number {
  if (!body) return 0;
  return body instanceof Uint8Array ? body.length : body.range.end - body.range.start;
}

/** Status line and fields up to and with the empty line (RFC 9112 §4). */
export function answerHead(answer: HttpAnswer, { keepAlive, now }: AnswerHeadOptions): string {
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}\r\n`;
  for (const [name, value] of Object.entries(answer.headers ?? {})) head += `${name}: ${value}\r\n`;
  // RFC 9110 §8.6: a 304 must not state a length other than the 200's would have; so it states none.
  if (answer.status !== 304) head += `Content-Length: ${bodyLength(answer)}\r\n`;
  head += `Date: ${httpDate(now)}\r\n`;
  return `${head}${keepAlive ? "" : "Connection: close\r\n"}\r\n`;
}

let lastSecond = -1;
let lastDate = "";

/** Formatting a date costs more than the rest of a head, and it changes once a second. */
function httpDate(now: number): string {
  const second = Math.floor(now / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastDate = new Date(second * 1_000).toUTCString();
  }
  return lastDate;
}
