{{- define "flux-externalsource-controller.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flux-externalsource-controller.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- /* 52 characters at most: a pod is labelled with it and a hash of 11, and a label has 63. A longer one never gets a pod. */}}
{{- define "flux-externalsource-controller.statefulSetName" -}}
{{ include "flux-externalsource-controller.fullname" . | trunc 44 | trimSuffix "-" }}-manager
{{- end }}

{{- define "flux-externalsource-controller.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flux-externalsource-controller.labels" -}}
helm.sh/chart: {{ include "flux-externalsource-controller.chart" . }}
{{ include "flux-externalsource-controller.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flux-externalsource-controller.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flux-externalsource-controller.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "flux-externalsource-controller.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (printf "%s-manager" (include "flux-externalsource-controller.fullname" .)) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "flux-externalsource-controller.clusterRoleName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-manager-role
{{- end }}

{{- define "flux-externalsource-controller.clusterRoleBindingName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-manager-rolebinding
{{- end }}

{{- define "flux-externalsource-controller.leaderElectionRoleName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-leader-election-role
{{- end }}

{{- define "flux-externalsource-controller.leaderElectionRoleBindingName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-leader-election-rolebinding
{{- end }}

{{- /* A Service has 63 characters at most. */}}
{{- define "flux-externalsource-controller.metricsServiceName" -}}
{{ include "flux-externalsource-controller.fullname" . | trunc 55 | trimSuffix "-" }}-metrics
{{- end }}

{{- define "flux-externalsource-controller.webhookServiceName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-webhook
{{- end }}

{{- define "flux-externalsource-controller.webhookCertificateName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-webhook-cert
{{- end }}

{{- define "flux-externalsource-controller.webhookIssuerName" -}}
{{ include "flux-externalsource-controller.fullname" . }}-webhook-issuer
{{- end }}

{{- /* The Service that gives each pod a name; it is an immutable field of the StatefulSet. */}}
{{- define "flux-externalsource-controller.artifactHeadlessServiceName" -}}
{{ default "externalsource" .Values.nameOverride | trunc 53 | trimSuffix "-" }}-artifacts
{{- end }}

{{- /* The Service in front of all pods. */}}
{{- define "flux-externalsource-controller.gatewayServiceName" -}}
{{ include "flux-externalsource-controller.fullname" . | trunc 55 | trimSuffix "-" }}-gateway
{{- end }}

{{- /* Whether the store is one of each pod; it is a StatefulSet in any case. */}}
{{- define "flux-externalsource-controller.useStatefulSet" -}}
{{- if has .Values.controller.storage.backend (list "memory" "pvc") }}true{{ end }}
{{- end }}

{{- define "flux-externalsource-controller.podSelector" -}}
{{ include "flux-externalsource-controller.selectorLabels" . }}
app.kubernetes.io/component: manager
{{- end }}

{{- define "flux-externalsource-controller.artifactUrlMode" -}}
{{- $storage := .Values.controller.storage }}
{{- $own := and (include "flux-externalsource-controller.useStatefulSet" .) (not $storage.pvc.existingClaim) }}
{{- $chosen := ternary "pod" "service" (and (not (not $own)) (le (int .Values.controller.replicas) 1)) }}
{{- .Values.controller.artifactUrlMode | default $chosen }}
{{- end }}

{{- define "flux-externalsource-controller.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "flux-externalsource-controller.executorImage" -}}
{{- $image := .Values.controller.hookExecutor.image }}
{{- $tag := ternary "" $image.tag (eq (toString $image.tag) "latest") | default (include "flux-externalsource-controller.tag" .) }}
{{- printf "%s:%v" $image.repository $tag }}
{{- end }}
