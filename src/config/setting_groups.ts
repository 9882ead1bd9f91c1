import type { Settings } from "../core/setting.ts";

/** Settings under the headings that help texts and tables show them with, in that order. */
export type SettingGroups = Readonly<Record<string, Settings>>;
