{{- /*
Each template calls this before it reads a value. It fills in from files/values.yaml what is missing:
- null takes a key away (Helm's idiom for removing a default), and nothing can be read of a map that is not there.
- `helm upgrade --reuse-values` from 0.2.0 brings all values of that chart and none of those that are new since. What 0.2.0 gave the
  containers by default is replaced where it is unchanged, because its 128Mi are less than this controller takes.
*/}}
{{- define "flux-externalsource-controller.reusedValues" -}}
{{- $defaults := .Files.Get "files/values.yaml" | fromYaml }}
{{- $controller := index .Values "controller" | default dict }}
{{- $storage := index $controller "storage" | default dict }}
{{- if and $storage (not (hasKey $storage "redis")) }}
{{- $executor := index $controller "hookExecutor" | default dict }}
{{- include "flux-externalsource-controller.raiseMemory" (dict "of" (index $controller "resources") "limit" "128Mi" "request" "64Mi" "to" $defaults.controller.resources) }}
{{- include "flux-externalsource-controller.raiseMemory" (dict "of" (index $executor "resources") "limit" "256Mi" "request" "128Mi" "to" $defaults.controller.hookExecutor.resources) }}
{{- end }}
{{- include "flux-externalsource-controller.fill" (dict "into" .Values "from" $defaults) }}
{{- end }}

{{- /* Field by field: who changed another one still has the memory of 0.2.0. A limit of one's own stays, and below it the request, which may not exceed it. */}}
{{- define "flux-externalsource-controller.raiseMemory" -}}
{{- $resources := .of | default dict }}
{{- $limits := index $resources "limits" | default dict }}
{{- $requests := index $resources "requests" | default dict }}
{{- $limit := index $limits "memory" | default .limit | toString }}
{{- if eq $limit .limit }}
{{- if hasKey $limits "memory" }}{{ $_ := set $limits "memory" .to.limits.memory }}{{ end }}
{{- if eq (index $requests "memory" | toString) .request }}{{ $_ := set $requests "memory" .to.requests.memory }}{{ end }}
{{- end }}
{{- end }}

{{- /*
Sets in "into" what only "from" has. A list, a map of the user's own keys and what belongs to Kubernetes are empty without their default: a
missing limit may be meant. A group that can be enabled is not.
*/}}
{{- define "flux-externalsource-controller.fill" -}}
{{- $opaque := list "resources" "securityContext" "containerSecurityContext" }}
{{- range $key, $value := .from }}
{{- $given := index $.into $key }}
{{- $isGroup := and (kindIs "map" $value) (not (has $key $opaque)) }}
{{- if and (kindIs "map" $given) $isGroup }}
{{- include "flux-externalsource-controller.fill" (dict "into" $given "from" $value) }}
{{- else if kindIs "invalid" $given }}
{{- $missing := deepCopy $value }}
{{- if has $key $opaque }}{{ $missing = dict }}{{ end }}
{{- if and $isGroup (hasKey $missing "enabled") }}{{ $_ := set $missing "enabled" false }}{{ end }}
{{- $_ := set $.into $key $missing }}
{{- end }}
{{- end }}
{{- end }}
