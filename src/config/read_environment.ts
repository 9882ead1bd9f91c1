import type { Given, GivenSettings } from "./given.ts";
import { nearestName } from "./nearest_name.ts";
import type { SettingIndex } from "./setting_index.ts";

const ours = /^(HTTP|S3|RETRY|HOOK|ARTIFACT|STORAGE|PVC|METRICS|TRANSFORM)_/;

/** What Kubernetes injects for every Service of the namespace, for one named "http" or "artifact-server" with our prefix. */
const serviceLinkName = /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT_[0-9]+_(TCP|UDP|SCTP)(_|$)/;
const serviceLinkValue = /^(tcp|udp|sctp):\/\//;

/** Every program's, not only ours. */
const proxies: ReadonlySet<string> = new Set(["HTTP_PROXY"]);

/** Reads variables; one that is unknown but bears a prefix of ours gets a warning. */
export function readEnvironment(
  index: SettingIndex,
  environment: Readonly<Record<string, string>>,
): GivenSettings {
  const given: Given[] = [];
  for (const [variable, name] of index.variables) {
    const text = environment[variable] ?? "";
    if (!isServiceLink(variable, text)) given.push({ name, where: `variable ${variable}`, text });
  }
  const warnings = Object.entries(environment)
    .filter(([variable, text]) => isUnknown(variable, index) && !isServiceLink(variable, text))
    .map(([variable]) => warnOf(variable, index));
  return { given, mistakes: [], warnings };
}

/** `ARTIFACT_SERVER_PORT=tcp://10.0.0.1:8080` comes from a Service called "artifact-server", not from a user. */
function isServiceLink(variable: string, text: string): boolean {
  return serviceLinkName.test(variable) ||
    variable.endsWith("_PORT") && serviceLinkValue.test(text);
}

function isUnknown(variable: string, { variables, elsewhere }: SettingIndex): boolean {
  return ours.test(variable) && !variables.has(variable) && !elsewhere.has(variable) &&
    !proxies.has(variable);
}

function warnOf(variable: string, index: SettingIndex): string {
  const nearest = nearestName(variable, index.variables.keys());
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return `Variable ${variable} is unknown and has no effect${hint}`;
}
