import type { GoExample } from "./go_example.ts";

const toYaml = { name: "to-yaml", command: "yq", args: ["-P"], timeout: "5s" };
const flaky = { name: "flaky", command: "flaky", timeout: "5s" };

const configMap = `{
  "apiVersion": "v1",
  "kind": "ConfigMap",
  "metadata": {
    "name": "app-settings",
    "namespace": "default"
  },
  "data": {
    "database_url": .database.url,
    "log_level": .logging.level,
    "feature_flags": (.features | tostring)
  }
}
`;
const fields = `{
  "environment": .env.name,
  "version": .app.version,
  "limits": {
    "timeout": .limits.request_timeout
  }
}
`;
const conditional = `if .environment == "production" then
  {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "prod-config"},
    "type": "Opaque",
    "data": {
      "api_key": (.api_key | @base64)
    }
  }
else
  {"kind": "ConfigMap"}
end
`;
const services = `{
  "kind": "ConfigMap",
  "data": {
    "services.json": (
      .services
      | map(select(.status == "healthy"))
      | map({
          name: .name,
          port: .port
        })
      | tostring
    )
  }
}
`;

/** Those that give a document with the whitelist of the Go chart. */
export const goExamples: readonly GoExample[] = [
  {
    name: "a version, with the option behind the program",
    hooks: [{ name: "version", command: "jq", args: [".tag_name", "-r"], timeout: "10s" }],
    answer: '{"tag_name": "v1.34.4", "draft": false}\n',
    document: "v1.34.4\n",
  },
  {
    name: "what stood behind bash -c 'echo … $(cat)'",
    hooks: [{
      ...{ name: "line", command: "jq" },
      args: ["-r", '"Kubernetes Latest Version: \\(.tag_name)"'],
    }],
    answer: '{"tag_name": "v1.34.4"}\n',
    document: "Kubernetes Latest Version: v1.34.4\n",
  },
  {
    name: "validate, extract, convert, each with another policy",
    hooks: [
      { name: "validate-json", command: "jq", args: ["."], retryPolicy: "fail" },
      { name: "extract", command: "jq", args: [".config.settings"], retryPolicy: "retry" },
      { ...toYaml, retryPolicy: "ignore" },
    ],
    answer: '{"config": {"settings": {"color": "blue", "sizes": [1, 2]}}}\n',
    document: "color: blue\nsizes:\n  - 1\n  - 2\n",
  },
  {
    name: "several steps, the last one without a program",
    hooks: [
      { name: "parse-json", command: "jq", args: ["."], retryPolicy: "fail" },
      {
        ...{ name: "filter-data", command: "jq", retryPolicy: "retry" as const },
        args: ['.items[] | select(.status == "active")'],
      },
      {
        ...{ name: "transform-structure", command: "jq", retryPolicy: "retry" as const },
        args: ["{name: .name, id: .id, metadata: .metadata}"],
      },
      { name: "format-output", command: "jq", args: ["-c"], retryPolicy: "ignore" },
    ],
    answer: '{"items": [{"name": "a", "id": 1, "status": "active"}, {"status": "gone"}]}\n',
    document: '{"name":"a","id":1,"metadata":null}\n',
  },
  {
    name: "a ConfigMap as YAML",
    hooks: [
      { name: "create-configmap", command: "jq", args: [configMap], retryPolicy: "fail" },
      { ...toYaml, retryPolicy: "retry" },
    ],
    answer:
      '{"database": {"url": "db:5432"}, "logging": {"level": "info"}, "features": {"new": true}}\n',
    document: `apiVersion: v1
kind: ConfigMap
metadata:
  name: app-settings
  namespace: default
data:
  database_url: db:5432
  log_level: info
  feature_flags: '{"new":true}'
`,
  },
  {
    name: "fields, one of which is called env",
    hooks: [{ name: "fields", command: "jq", args: [fields], retryPolicy: "retry" }],
    answer:
      '{"env": {"name": "prod"}, "app": {"version": "2"}, "limits": {"request_timeout": 5}}\n',
    document: `{
  "environment": "prod",
  "version": "2",
  "limits": {
    "timeout": 5
  }
}
`,
  },
  {
    name: "a condition that makes a Secret",
    hooks: [{ name: "conditional", command: "jq", args: [conditional] }, toYaml],
    answer: '{"environment": "production", "api_key": "k"}\n',
    document: `apiVersion: v1
kind: Secret
metadata:
  name: prod-config
type: Opaque
data:
  api_key: aw==
`,
  },
  {
    name: "a filtered list as a text in a ConfigMap",
    hooks: [{ name: "filter-and-transform", command: "jq", args: [services] }, toYaml],
    answer: '{"services": [{"name": "a", "port": 80, "status": "healthy"}, {"status": "down"}]}\n',
    document: `kind: ConfigMap
data:
  services.json: '[{"name":"a","port":80}]'
`,
  },
  {
    name: "lines through grep and sed",
    hooks: [
      { name: "no-comments", command: "grep", args: ["-v", "^#"] },
      { name: "rename", command: "sed", args: ["s/old/new/g"] },
    ],
    answer: "# hosts\nold-1\nold-2\n",
    document: "new-1\nnew-2\n",
  },
  {
    name: "ignore passes on what came",
    hooks: [{ ...toYaml, retryPolicy: "ignore" }, {
      name: "end",
      command: "sed",
      args: ["s/$/!/"],
    }],
    answer: "a: b: c\n",
    document: "a: b: c!\n",
  },
  {
    name: "retry repeats a run",
    hooks: [{ ...flaky, retryPolicy: "retry" }],
    answer: "twice\n",
    document: "twice\n",
    runs: 2,
  },
  {
    name: "retry repeats no more runs than maxRetries",
    hooks: [{ ...flaky, retryPolicy: "retry" }],
    maxRetries: 0,
    answer: "once\n",
    error: 'hook "flaky" (postRequest 1 of 1): exit 3 after 1 ms',
    runs: 1,
  },
  {
    name: "fail ends the chain",
    hooks: [
      {
        ...{ name: "validate", command: "jq" },
        args: [
          'if .version == null then\n  error("version field required")\nelse\n  .\nend\n',
        ],
      },
      flaky,
    ],
    answer: "{}\n",
    error: 'hook "validate" (postRequest 1 of 2): exit 5 after 1 ms',
    runs: 0,
  },
  {
    name: "bash is refused, though the file allows it",
    hooks: [{
      ...{ name: "format-output", command: "bash", retryPolicy: "ignore" as const },
      args: ["-c", 'echo "Kubernetes Latest Version: $(cat)"'],
    }],
    answer: "v1\n",
    error:
      'hook "format-output" (postRequest 1 of 1) is not allowed: "bash": runs any command that it is given; only "unsafe: true" in the whitelist allows that',
  },
];
