{{- /*
`helm upgrade --reuse-values` from 0.2.0 brings all values of that chart and none of those that are new since: they are filled in
here from files/values.yaml, and what 0.2.0 gave the containers by default is replaced where it is unchanged, because its
128Mi are less than this controller takes. Each template calls this before it reads a value.
*/}}
{{- define "flux-externalsource-controller.reusedValues" -}}
{{- if not (hasKey .Values.controller.storage "redis") }}
{{- $defaults := .Files.Get "files/values.yaml" | fromYaml }}
{{- $old := dict "limits" (dict "cpu" "500m" "memory" "128Mi") "requests" (dict "cpu" "10m" "memory" "64Mi") }}
{{- $oldExecutor := dict "limits" (dict "cpu" "500m" "memory" "256Mi") "requests" (dict "cpu" "50m" "memory" "128Mi") }}
{{- if eq (toJson .Values.controller.resources) (toJson $old) }}
{{- $_ := set .Values.controller "resources" $defaults.controller.resources }}
{{- end }}
{{- if eq (toJson .Values.controller.hookExecutor.resources) (toJson $oldExecutor) }}
{{- $_ := set .Values.controller.hookExecutor "resources" $defaults.controller.hookExecutor.resources }}
{{- end }}
{{- include "flux-externalsource-controller.fill" (dict "into" .Values "from" $defaults) }}
{{- end }}
{{- end }}

{{- /* Sets in "into" what only "from" has. What belongs to Kubernetes is taken as it is: a missing limit may be meant. */}}
{{- define "flux-externalsource-controller.fill" -}}
{{- $opaque := list "resources" "securityContext" "containerSecurityContext" }}
{{- range $key, $value := .from }}
{{- if not (hasKey $.into $key) }}
{{- $_ := set $.into $key $value }}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $.into $key)) (not (has $key $opaque)) }}
{{- include "flux-externalsource-controller.fill" (dict "into" (get $.into $key) "from" $value) }}
{{- end }}
{{- end }}
{{- end }}
