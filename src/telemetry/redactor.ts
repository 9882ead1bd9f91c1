import { redactPatterns } from "./redact_patterns.ts";
import { secretForms } from "./secret_forms.ts";

/** What stands in place of a secret. */
const marker = "***";
/** Also the shortest value that is protected: replacing shorter ones would make every text unreadable. */
const prefixLength = 6;
/** Of a longer value only so much is kept; a text that contains that loses everything after it. */
const maxFormLength = 1_024;
const maxValues = 16_384;
const maxCharacters = 8 * 2 ** 20;

/**
 * Keeps secrets out of texts that leave the process. Two nets: values that were named secret (as they are, and as base64,
 * percent-encoding and JSON would write them), and shapes that carry credentials whatever their value (URLs, headers).
 */
export interface Redactor {
  /** Names a value that must never be seen. Only the newest 16,384 values (and 8 Mi characters) are kept. */
  protect(value: string): void;
  /** The text without secrets. */
  redact(text: string): string;
}

/** A redactor that knows no values yet. */
export function createRedactor(): Redactor {
  return new IndexedRedactor();
}

/** Finds values by their first characters, so that a text costs its own length however many values there are. */
class IndexedRedactor implements Redactor {
  /** The forms of each value, oldest value first. */
  readonly #values = new Map<string, readonly string[]>();
  /** By prefix: forms, with the number of values that have it. */
  readonly #index = new Map<string, Map<string, number>>();
  #characters = 0;

  protect(value: string): void {
    const known = this.#values.get(value);
    this.#values.delete(value);
    const forms = known ?? this.#admit(value);
    if (forms.length === 0) return;
    this.#values.set(value, forms);
    while (this.#values.size > maxValues || this.#characters > maxCharacters) this.#forgetOldest();
  }

  redact(text: string): string {
    return redactPatterns(this.#redactValues(text));
  }

  #admit(value: string): readonly string[] {
    const forms = secretForms(value).filter((form) => form.length >= prefixLength)
      .map((form) => form.slice(0, maxFormLength));
    for (const form of forms) {
      const prefix = form.slice(0, prefixLength);
      const bucket = this.#index.get(prefix) ?? new Map<string, number>();
      bucket.set(form, (bucket.get(form) ?? 0) + 1);
      this.#index.set(prefix, bucket);
      this.#characters += form.length;
    }
    return forms;
  }

  #forgetOldest(): void {
    const [value, forms] = this.#values.entries().next().value!;
    this.#values.delete(value);
    for (const form of forms) {
      const prefix = form.slice(0, prefixLength);
      const bucket = this.#index.get(prefix)!;
      const count = bucket.get(form)! - 1;
      if (count > 0) bucket.set(form, count);
      else bucket.delete(form);
      if (bucket.size === 0) this.#index.delete(prefix);
      this.#characters -= form.length;
    }
  }

  #redactValues(text: string): string {
    if (this.#index.size === 0) return text;
    let result = "";
    let copied = 0;
    for (let at = 0; at + prefixLength <= text.length; at++) {
      const end = this.#endOfSecret(text, at);
      if (end === undefined) continue;
      result += text.slice(copied, at) + marker;
      copied = end;
      at = end - 1;
    }
    return result + text.slice(copied);
  }

  /** Where the longest secret that begins here ends, or undefined if none does. */
  #endOfSecret(text: string, start: number): number | undefined {
    const forms = this.#index.get(text.slice(start, start + prefixLength));
    if (!forms) return undefined;
    let end: number | undefined;
    for (const form of forms.keys()) {
      const length = commonLength(text, start, form);
      if (length < Math.min(form.length, Math.max(16, form.length / 2))) continue;
      const isCut = form.length === maxFormLength && length === form.length;
      end = Math.max(end ?? 0, isCut ? text.length : start + length);
    }
    return end;
  }
}

/** How many characters of a form the text has from a place on: a message may have cut a secret off. */
function commonLength(text: string, start: number, form: string): number {
  let length = 0;
  while (length < form.length && text[start + length] === form[length]) length++;
  return length;
}
