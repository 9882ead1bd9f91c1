import { parseDuration } from "../core/duration.ts";
import type { Settings, SettingType } from "../core/setting.ts";
import { parseBoolean } from "./parse_boolean.ts";
import { parseQuantity } from "../core/quantity.ts";
import { allowedWords } from "./setting_words.ts";

type AnySetting = Settings[string];
type Value = AnySetting["default"];

const integer = /^[+-]?[0-9]+$/;
const decimal = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/;

const parsers: Readonly<Record<SettingType, (text: string) => Value | undefined>> = {
  string: (text) => text,
  boolean: parseBoolean,
  integer: (text) =>
    integer.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined,
  number: (text) => decimal.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined,
  duration: parseDuration,
  size: parseQuantity,
  list: (text) => Object.freeze(text.split(",").map((each) => each.trim()).filter(Boolean)),
};

/** The value of a text, or why it is refused, to follow a colon. */
export type ReadValue = { readonly value: Value } | { readonly refusal: string };

/** Reads what a user wrote for a setting. Space around a value that is no free text does not count. */
export function readSettingValue(setting: AnySetting, text: string): ReadValue {
  const isFreeText = setting.type === "string" && !setting.choices && !setting.pattern;
  const value = parsers[setting.type](isFreeText ? text : text.trim());
  if (value !== undefined && isAllowed(setting, value)) return { value };
  return { refusal: `it must be ${allowedWords(setting)}` };
}

function isAllowed(setting: AnySetting, value: Value): boolean {
  if (typeof value === "number") {
    return value >= (setting.minimum ?? -Infinity) && value <= (setting.maximum ?? Infinity);
  }
  if (typeof value === "boolean") return true;
  const texts = typeof value === "string" ? [value] : value;
  return texts.every((text) =>
    (setting.choices?.includes(text) ?? true) && (setting.pattern?.expression.test(text) ?? true)
  );
}
