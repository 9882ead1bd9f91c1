import { controllerSettings } from "../src/cli/operator_settings.ts";
import { formatSetting } from "../src/config/setting_words.ts";
import { variablesOf } from "../src/config/variables_of.ts";
import type { Settings } from "../src/core/setting.ts";
import { describeMetrics } from "../src/telemetry/describe_metrics.ts";

const settings: Settings = controllerSettings;

function flagsOf({ flag, flagAliases = [] }: Settings[string]): string[] {
  return [...(flag === undefined ? [] : [flag]), ...flagAliases].map((each) => `--${each}`);
}

/** The settings of the controller by every name that a user may write. */
export const settingsByName: ReadonlyMap<string, Settings[string]> = new Map(
  Object.values(settings).flatMap((setting) =>
    [...flagsOf(setting), ...variablesOf(setting)].map((name) => [name, setting] as const)
  ),
);

/** A page of `docs/` whose claims are held against the code. */
export class CheckedDocument {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Reads a page. @param path from the root of the project */
  static async read(path: string): Promise<CheckedDocument> {
    return new CheckedDocument(await Deno.readTextFile(new URL(`../${path}`, import.meta.url)));
  }

  /** The blocks of a kind, which stands behind their fence. */
  blocksOf(fence: string): string[] {
    const blocks = this.text.matchAll(/^( *)```([^\n]*)\n(.*?)^\1```$/gms);
    return [...blocks].flatMap(([, indent, kind, text]) =>
      kind === fence ? [text!.replaceAll(new RegExp(`^${indent}`, "gm"), "")] : []
    );
  }

  /** Every flag and variable that is named. */
  settingNames(): ReadonlySet<string> {
    return new Set(
      this.text.match(/(?<![\w-])(--[a-z][a-z0-9-]+|[A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])\b/g),
    );
  }

  /** Defaults that are named, as `--flag` (value) or (`--flag`, value): the setting, what is said and what is true. */
  defaults(): { readonly name: string; readonly told: string; readonly real: string }[] {
    return [
      ...this.text.matchAll(/`(--[a-z-]+|[A-Z][A-Z0-9_]+)` \(([^`)]+)\)/g),
      ...this.text.matchAll(/\(`(--[a-z-]+|[A-Z][A-Z0-9_]+)`, ([^`)]+)\)/g),
    ].map(([, name = "", told = ""]) => {
      const setting = settingsByName.get(name);
      return { name, told, real: setting ? formatSetting(setting, setting.default) : "unknown" };
    });
  }

  /** Metrics of ours that are named and do not exist. */
  unknownMetrics(): string[] {
    const known = new Set(describeMetrics().map(({ name }) => name));
    return [...this.metricNames()].filter((name) => !known.has(name));
  }

  /** Metrics of ours that are named. */
  metricNames(): ReadonlySet<string> {
    const names = this.text.match(/externalsource_[a-z_]+/g) ?? [];
    return new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, "")));
  }
}
