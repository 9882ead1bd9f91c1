{{- define "flux-externalsource-controller.managerArguments" -}}
- --zap-log-level={{ .Values.controller.logLevel }}
- --leader-elect={{ .Values.controller.leaderElection }}
- --health-probe-bind-address=:8081
- --artifact-server-port=8080
{{- if .Values.metrics.enabled }}
- --metrics-bind-address=:8443
- --metrics-secure={{ .Values.metrics.secure }}
{{- if .Values.metrics.certSecret }}
- --metrics-cert-path=/etc/metrics-certs
{{- end }}
{{- else }}
- --metrics-bind-address=0
{{- end }}
{{- with .Values.controller.watchNamespace }}
- --watch-namespace={{ . }}
{{- end }}
{{- with .Values.controller.eventsAddr }}
- --events-addr={{ . }}
{{- end }}
{{- with .Values.controller.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flux-externalsource-controller.storageVariables" -}}
{{- $storage := .Values.controller.storage }}
- name: STORAGE_BACKEND
  value: {{ $storage.backend | quote }}
{{- if eq $storage.backend "pvc" }}
- name: PVC_STORAGE_PATH
  value: {{ $storage.pvc.path | quote }}
{{- else if eq $storage.backend "s3" }}
{{- range $name := list "bucket" "region" "endpoint" "prefix" }}
{{- with get $storage.s3 $name }}
- name: S3_{{ upper $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- with $storage.s3.credentialsSecret }}
{{- if .name }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .accessKeyKey }}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .secretKeyKey }}
{{- end }}
{{- end }}
{{- else if eq $storage.backend "redis" }}
{{- with $storage.redis.url }}
- name: REDIS_URL
  value: {{ . | quote }}
{{- end }}
{{- with $storage.redis.prefix }}
- name: REDIS_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- with $storage.redis.passwordSecret }}
{{- if .name }}
- name: REDIS_PASSWORD_FILE
  value: /etc/redis/{{ .key }}
{{- if .caKey }}
- name: REDIS_CA_FILE
  value: /etc/redis/{{ .caKey }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "flux-externalsource-controller.chartVariables" -}}
{{- $mode := include "flux-externalsource-controller.artifactUrlMode" . }}
{{- range $name, $field := dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" "CONFIG_MAP_NAMESPACE" "metadata.namespace" "POD_IP" "status.podIP" }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $field }}
{{- end }}
- name: ARTIFACT_URL_MODE
  value: {{ $mode }}
# The name that URLs hold: of a pod below the headless Service, or of the Service in front of all.
- name: SERVICE_NAME
  value: {{ include (ternary "flux-externalsource-controller.artifactHeadlessServiceName" "flux-externalsource-controller.gatewayServiceName" (eq $mode "pod")) . }}
{{- include "flux-externalsource-controller.storageVariables" . }}
- name: HTTP_TIMEOUT
  value: {{ .Values.controller.http.timeout | quote }}
{{- with .Values.controller.hookExecutor }}
- name: HOOK_DEFAULT_TIMEOUT
  value: {{ .timeout | quote }}
{{- if .enabled }}
- name: HOOK_WHITELIST_PATH
  value: {{ .whitelistPath | quote }}
- name: HOOK_EXECUTOR_ENDPOINT
  value: {{ ternary (printf "http://localhost:%v" .port) .endpoint (has .endpoint (list "" "http://localhost:8082")) | quote }}
- name: HOOK_TOKEN_FILE
  value: /run/hooks/token
{{- end }}
{{- end }}
{{- end }}

{{- /* Those of the chart but for what controller.env has too: the API server refuses a name that stands there twice. */}}
{{- define "flux-externalsource-controller.variables" -}}
{{- $given := list }}
{{- range .Values.controller.env }}{{ $given = append $given .name }}{{ end }}
{{- $variables := list }}
{{- range include "flux-externalsource-controller.chartVariables" . | fromYamlArray }}
{{- if not (has .name $given) }}{{ $variables = append $variables . }}{{ end }}
{{- end }}
{{- concat $variables .Values.controller.env | toYaml }}
{{- end }}

{{- define "flux-externalsource-controller.managerMounts" -}}
- name: tmp
  mountPath: /tmp
# By hand, because the pod mounts it into every container or none.
- name: api-access
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- $storage := .Values.controller.storage }}
{{- if eq $storage.backend "pvc" }}
- name: artifact-storage
  mountPath: {{ $storage.pvc.path }}
{{- end }}
{{- if and (eq $storage.backend "redis") $storage.redis.passwordSecret.name }}
- name: redis
  mountPath: /etc/redis
  readOnly: true
{{- end }}
{{- if and .Values.metrics.enabled .Values.metrics.certSecret }}
- name: metrics-certs
  mountPath: /etc/metrics-certs
  readOnly: true
{{- end }}
{{- if .Values.controller.hookExecutor.enabled }}
- name: hook-whitelist
  mountPath: {{ dir .Values.controller.hookExecutor.whitelistPath }}
  readOnly: true
- name: hook-token
  mountPath: /run/hooks
{{- end }}
{{- with .Values.controller.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flux-externalsource-controller.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.controller.tmpSize }}
- name: api-access
  projected:
    defaultMode: 0444
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- $storage := .Values.controller.storage }}
{{- if and (eq $storage.backend "pvc") $storage.pvc.existingClaim }}
- name: artifact-storage
  persistentVolumeClaim:
    claimName: {{ $storage.pvc.existingClaim }}
{{- end }}
{{- if and (eq $storage.backend "redis") $storage.redis.passwordSecret.name }}
- name: redis
  secret:
    secretName: {{ $storage.redis.passwordSecret.name }}
{{- end }}
{{- if and .Values.metrics.enabled .Values.metrics.certSecret }}
- name: metrics-certs
  secret:
    secretName: {{ .Values.metrics.certSecret }}
{{- end }}
{{- if .Values.controller.hookExecutor.enabled }}
- name: hook-whitelist
  configMap:
    name: {{ include "flux-externalsource-controller.fullname" . }}-hook-whitelist
    items:
      - key: whitelist.yaml
        path: {{ base .Values.controller.hookExecutor.whitelistPath }}
- name: hook-token
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
- name: hook-scratch
  emptyDir:
    sizeLimit: {{ .Values.controller.hookExecutor.scratchSize }}
{{- end }}
{{- with .Values.controller.volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flux-externalsource-controller.executor" -}}
{{- with .Values.controller.hookExecutor }}
- name: externalsource-hook-executor
  image: {{ include "flux-externalsource-controller.executorImage" $ | quote }}
  imagePullPolicy: {{ .image.pullPolicy }}
  command: [/usr/bin/tini, --, /app/externalsource-hook-executor, hook-executor]
  args:
    - --port={{ .port }}
    - --whitelist={{ .whitelistPath }}
    - --hook-memory={{ .hookMemory }}
    - --zap-log-level={{ $.Values.controller.logLevel }}
  env:
    - name: HOOK_TOKEN_FILE
      value: /run/hooks/token
  ports:
    - name: http
      containerPort: {{ .port }}
      protocol: TCP
  livenessProbe:
    httpGet:
      path: /health
      port: http
    initialDelaySeconds: 10
    periodSeconds: 20
    timeoutSeconds: 5
  readinessProbe:
    httpGet:
      path: /health
      port: http
    periodSeconds: 10
    timeoutSeconds: 5
  resources:
    {{- toYaml .resources | nindent 4 }}
  securityContext:
    {{- toYaml .containerSecurityContext | nindent 4 }}
  volumeMounts:
    - name: hook-whitelist
      mountPath: {{ dir .whitelistPath }}
      readOnly: true
    - name: hook-token
      mountPath: /run/hooks
      readOnly: true
    - name: hook-scratch
      mountPath: /tmp
{{- end }}
{{- end }}
