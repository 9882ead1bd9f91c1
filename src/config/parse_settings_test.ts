import assert from "node:assert/strict";
import type { Settings } from "../core/setting.ts";
import { ConfigError } from "./config_error.ts";
import { parseSettings } from "./parse_settings.ts";

const described = {
  timeout: {
    type: "duration",
    default: 30_000,
    description: "d",
    flag: "timeout",
    variable: "HTTP_TIMEOUT",
    configMapKey: "http.timeout",
    minimum: 1,
  },
  count: {
    type: "integer",
    default: 3,
    description: "d",
    flag: "count",
    variable: "HTTP_COUNT",
    configMapKey: "http.count",
    minimum: 1,
    maximum: 9,
  },
  jitter: { type: "number", default: 0.25, description: "d", flag: "jitter", maximum: 1 },
  size: { type: "size", default: 0, description: "d", flag: "size" },
  verbose: {
    type: "boolean",
    default: false,
    description: "d",
    flag: "verbose",
    flagAliases: ["v"],
  },
  secure: {
    type: "boolean",
    default: true,
    description: "d",
    flag: "secure",
    configMapKey: "http.secure",
  },
  kind: {
    type: "string",
    default: "a",
    description: "d",
    flag: "kind",
    variable: "STORAGE_KIND",
    choices: ["a", "b"],
  },
  hosts: { type: "list", default: [], description: "d", flag: "host", variable: "HTTP_HOSTS" },
  token: {
    type: "string",
    default: "",
    description: "d",
    variable: "HTTP_TOKEN",
    secret: true,
    pattern: { expression: /^[a-z]+$/, words: "lower-case letters" },
  },
  address: {
    type: "string",
    default: "",
    description: "d",
    flag: "address",
    pattern: { expression: /^https:/, words: "an https URL" },
  },
  devel: {
    type: "boolean",
    default: false,
    description: "d",
    flag: "zap-devel",
    variable: "HTTP_DEVEL",
    ignored: "it is ignored",
  },
} as const satisfies Settings;

interface Given {
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly configMap?: Readonly<Record<string, string>>;
}

function parse(given: Given) {
  return parseSettings({
    described,
    arguments: given.arguments ?? [],
    environment: given.environment ?? {},
    configMap: given.configMap,
  });
}

function mistakesOf(given: Given): readonly string[] {
  try {
    parse(given);
  } catch (error) {
    assert(error instanceof ConfigError);
    return error.mistakes;
  }
  return [];
}

Deno.test("parseSettings() gives the defaults, frozen, if nothing is said", () => {
  const { values, warnings, positionals } = parse({});
  assert.equal(values.timeout, 30_000);
  assert.equal(values.secure, true);
  assert.equal(values.kind, "a");
  assert.deepEqual([warnings, positionals], [[], []]);
  assert(Object.isFrozen(values));
});

Deno.test("parseSettings() takes flag over variable over ConfigMap over default", () => {
  const configMap = { "http.timeout": "1s" };
  const environment = { HTTP_TIMEOUT: "2s" };
  assert.equal(parse({ configMap }).values.timeout, 1_000);
  assert.equal(parse({ configMap, environment }).values.timeout, 2_000);
  assert.equal(
    parse({ configMap, environment, arguments: ["--timeout=3s"] }).values.timeout,
    3_000,
  );
});

Deno.test("parseSettings() takes the first of several variables that is set", () => {
  const proxy = {
    type: "string",
    default: "none",
    description: "d",
    variable: "HTTP_PROXY",
    variableAliases: ["http_proxy", "proxy"],
  } as const;
  const parseProxy = (environment: Readonly<Record<string, string>>) =>
    parseSettings({ described: { proxy }, arguments: [], environment, configMap: undefined })
      .values.proxy;
  assert.equal(parseProxy({ HTTP_PROXY: "a", http_proxy: "b", proxy: "c" }), "a");
  assert.equal(parseProxy({ HTTP_PROXY: "", proxy: "c", http_proxy: "b" }), "b");
  assert.equal(parseProxy({ proxy: "c" }), "c");
});

Deno.test("parseSettings() reads an empty text as unset, at every place", () => {
  const given = {
    configMap: { "http.timeout": "1s" },
    environment: { HTTP_TIMEOUT: "" },
    arguments: ["--timeout="],
  };
  assert.equal(parse(given).values.timeout, 1_000);
  assert.equal(parse({ configMap: { "http.timeout": "" } }).values.timeout, 30_000);
});

Deno.test("parseSettings() reads flags as Go does", () => {
  const cases: [readonly string[], string, unknown][] = [
    [["-timeout", "1m"], "timeout", 60_000],
    [["--timeout", "1h30m"], "timeout", 5_400_000],
    [["-timeout=250ms"], "timeout", 250],
    [["--verbose"], "verbose", true],
    [["-v"], "verbose", true],
    [["--secure=false"], "secure", false],
    [["--secure=F"], "secure", false],
    [["--verbose=1"], "verbose", true],
    [["--count=2", "--count=4"], "count", 4],
    [["--jitter=.5"], "jitter", 0.5],
    [["--size=1.5Gi"], "size", 1_610_612_736],
    [["--size", "64Mi"], "size", 67_108_864],
    [["--host=a, b", "--host", "c"], "hosts", ["a", "b", "c"]],
    [["--address=https://a/?b=c"], "address", "https://a/?b=c"],
  ];
  for (const [argumentsGiven, name, expected] of cases) {
    const values: Readonly<Record<string, unknown>> = parse({ arguments: argumentsGiven }).values;
    assert.deepEqual(values[name], expected, argumentsGiven.join(" "));
  }
});

Deno.test("parseSettings() gives what is no flag as positionals, all of it after --", () => {
  const { positionals, values } = parse({
    arguments: ["a.yaml", "--verbose", "-", "true", "--", "--count=x"],
  });
  assert.deepEqual(positionals, ["a.yaml", "-", "true", "--count=x"]);
  assert.equal(values.verbose, true);
});

Deno.test("parseSettings() reports all mistakes of all places at once, with what is allowed", () => {
  assert.deepEqual(
    mistakesOf({
      arguments: ["--conut=1", "--zzzzzzzz", "--jitter=2", "--secure=yes", "--count"],
      environment: { HTTP_TIMEOUT: "30", HTTP_TOKEN: "Canary-1", STORAGE_KIND: "s3" },
      configMap: { "http.count": "0" },
    }),
    [
      "Cannot use --conut: no such flag; did you mean --count?",
      "Cannot use --zzzzzzzz: no such flag; --help lists all",
      "Cannot use --count: no value follows",
      'Cannot use ConfigMap key http.count "0": it must be a whole number from 1 to 9',
      'Cannot use variable HTTP_TIMEOUT "30": it must be a duration such as 30s or 1h30m of at least 1ms',
      'Cannot use variable STORAGE_KIND "s3": it must be one of a, b',
      "Cannot use variable HTTP_TOKEN: it must be lower-case letters",
      'Cannot use --jitter "2": it must be a number of at most 1',
      'Cannot use --secure "yes": it must be true or false',
    ],
  );
});

Deno.test("parseSettings() names a flag of one letter with one dash", () => {
  assert.deepEqual(
    mistakesOf({ arguments: ["-x", "-v=perhaps", "--v=perhaps", "-counts=1"] }),
    [
      "Cannot use -x: no such flag; --help lists all",
      "Cannot use --counts: no such flag; did you mean --count?",
      'Cannot use -v "perhaps": it must be true or false',
      'Cannot use -v "perhaps": it must be true or false',
    ],
  );
});

Deno.test("parseSettings() reports a wrong value that another one overrides", () => {
  const given = { arguments: ["--timeout=1s"], environment: { HTTP_TIMEOUT: "soon" } };
  assert.equal(mistakesOf(given).length, 1);
});

Deno.test("parseSettings() quotes neither the user info nor the query of a URL, nor endless text", () => {
  const [url] = mistakesOf({ arguments: ["--address=http://u:canary@h/p?canary"] });
  assert.equal(url, 'Cannot use --address "http://h/p": it must be an https URL');
  assert(mistakesOf({ arguments: [`--kind=${"x".repeat(5_000)}`] })[0]!.length < 200);
});

Deno.test("parseSettings() refuses values that Go refuses too", () => {
  const refused = ["--count=1.5", "--count=1e3", "--count=9007199254740993", "--timeout=-1s"];
  for (const flag of [...refused, "--size=1Zi", "--size=-1", "--verbose=TrUe", "--jitter=NaN"]) {
    assert.equal(mistakesOf({ arguments: [flag] }).length, 1, flag);
  }
});

Deno.test("parseSettings() warns once for each ignored setting that is used, unchecked", () => {
  const { warnings, values } = parse({
    arguments: ["--zap-devel=whatever"],
    environment: { HTTP_DEVEL: "true" },
  });
  assert.deepEqual(warnings, [
    "Variable HTTP_DEVEL has no effect: it is ignored",
    "--zap-devel has no effect: it is ignored",
  ]);
  assert.equal(values.devel, false);
});

Deno.test("parseSettings() warns of unknown variables with our prefixes, not of others'", () => {
  const { warnings } = parse({
    environment: {
      HTTP_TIMOUT: "1s",
      RETRY_ZZZZZZZZZZZ: "1",
      PATH: "/bin",
      TIMEOUT: "x",
      HTTP_PROXY: "http://proxy",
      ARTIFACT_SERVER_SERVICE_HOST: "10.0.0.1",
      ARTIFACT_SERVER_SERVICE_PORT_HTTP: "80",
      ARTIFACT_SERVER_PORT_80_TCP_ADDR: "10.0.0.1",
      ARTIFACT_SERVER_PORT: "tcp://10.0.0.1:80",
    },
  });
  assert.deepEqual(warnings, [
    "Variable HTTP_TIMOUT is unknown and has no effect; did you mean HTTP_TIMEOUT?",
    "Variable RETRY_ZZZZZZZZZZZ is unknown and has no effect",
  ]);
});

Deno.test("parseSettings() is silent about variables and keys of other commands, but has not their flags", () => {
  const { count, ...others } = described;
  const parseCount = (argumentsGiven: readonly string[]) =>
    parseSettings({
      described: { count },
      others,
      arguments: argumentsGiven,
      environment: { HTTP_TIMEOUT: "wrong" },
      configMap: { "http.timeout": "wrong" },
    });
  assert.deepEqual(parseCount([]).warnings, []);
  assert.throws(() => parseCount(["--timeout=1s"]), ConfigError);
});

Deno.test("parseSettings() takes no Service's address for a setting of the same name", () => {
  const port = { type: "integer", default: 8080, description: "d", variable: "HTTP_PORT" } as const;
  const parsePort = (text: string) =>
    parseSettings({
      described: { port },
      arguments: [],
      environment: { HTTP_PORT: text },
      configMap: undefined,
    }).values.port;
  assert.equal(parsePort("tcp://10.0.0.1:80"), 8080);
  assert.equal(parsePort("81"), 81);
});

Deno.test("parseSettings() warns of unknown keys of the ConfigMap", () => {
  const configMap = { "http.timout": "1s", "entirely.else": "1" };
  assert.deepEqual(parse({ configMap }).warnings, [
    "ConfigMap key http.timout is unknown and has no effect; did you mean http.timeout?",
    "ConfigMap key entirely.else is unknown and has no effect",
  ]);
});

Deno.test("parseSettings() reads config.json instead of flat keys, nanoseconds included", () => {
  const document = { http: { timeout: 45_000_000_000, count: 5, secure: false, strange: 1 } };
  const { values, warnings } = parse({
    configMap: { "config.json": JSON.stringify(document), "http.count": "7", "unknown": "x" },
  });
  assert.deepEqual([values.timeout, values.count, values.secure], [45_000, 5, false]);
  assert.deepEqual(warnings, [
    "ConfigMap key config.json, http.strange is unknown and has no effect",
  ]);
});

Deno.test("parseSettings() reads durations of config.json also as texts, and null as unset", () => {
  const configMap = { "config.json": '{"http":{"timeout":"1m","count":null}}' };
  const { values } = parse({ configMap });
  assert.deepEqual([values.timeout, values.count], [60_000, 3]);
});

Deno.test("parseSettings() says where in config.json a mistake is, and quotes nothing of what is no JSON", () => {
  assert.deepEqual(mistakesOf({ configMap: { "config.json": '{"http":{"count":77}}' } }), [
    'Cannot use ConfigMap key config.json, http.count "77": it must be a whole number from 1 to 9',
  ]);
  for (const text of ["{canary", "[]", "null", '"canary"']) {
    assert.deepEqual(mistakesOf({ configMap: { "config.json": text } }), [
      "Cannot use ConfigMap key config.json: it must be a JSON object",
    ]);
  }
});

Deno.test("parseSettings() refuses a description in which two settings share a name", () => {
  const flag = { type: "boolean", default: false, description: "d", flag: "x" } as const;
  const sources = { arguments: [], environment: {}, configMap: undefined };
  assert.throws(() => parseSettings({ described: { a: flag, b: flag }, ...sources }), /share "x"/);
});
