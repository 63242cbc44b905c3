{{- define "name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "labels" -}}
app.kubernetes.io/name: coproduction
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* What picks the pods of one part: call with (dict "root" $ "part" "web"). */}}
{{- define "picks" -}}
app.kubernetes.io/name: coproduction
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "pod-security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "secret" -}}
{{- required "existingSecret: the name of the Secret with the addresses and tokens" .Values.existingSecret -}}
{{- end }}

{{/* Secrets reach the containers as files only. */}}
{{- define "secret-volume" -}}
- name: secrets
  secret:
    secretName: {{ include "secret" . }}
    defaultMode: 0440
{{- end }}

{{- define "application-image" -}}
{{- required "images.application: the image built from deploy/app.Dockerfile" .Values.images.application -}}
{{- end }}

{{/* What web and actions both say to people, and where they store it. */}}
{{- define "settings" -}}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
- {name: FACILITATOR_DATA_DIR, value: /data}
- {name: FACILITATOR_CACHE_DIR, value: /cache}
- {name: DATABASE_URL_FILE, value: /run/secrets/app/database-url}
- {name: FACILITATOR_ACTIONS_TOKEN_FILE, value: /run/secrets/app/actions-token}
- {name: FACILITATOR_ACTIONS_PORT, value: "5055"}
{{- end }}

{{/* A new volume begins empty; the search index and the vectors are copied from the image, so that nobody waits for them. */}}
{{- define "fill-cache" -}}
- name: fill-cache
  image: {{ include "application-image" . }}
  imagePullPolicy: {{ .Values.images.pullPolicy }}
  command: [cp, -r, /cache/., /filled]
  securityContext: {{- include "container-security" . | nindent 4 }}
  resources:
    requests: {cpu: 50m, memory: 32Mi}
    limits: {memory: 128Mi}
  volumeMounts:
    - {name: cache, mountPath: /filled}
{{- end }}

{{- define "application-volumes" -}}
- {name: tmp, emptyDir: {sizeLimit: 256Mi}}
- {name: cache, emptyDir: {sizeLimit: 1Gi}}
- name: data
  persistentVolumeClaim:
    claimName: {{ .Values.data.existingClaim | default (printf "%s-data" (include "name" .)) }}
{{ include "secret-volume" . }}
{{- end }}

{{- define "application-mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: cache, mountPath: /cache}
- {name: data, mountPath: /data}
- {name: secrets, mountPath: /run/secrets/app, readOnly: true}
{{- end }}

{{/* One copy on each machine, where there are enough machines. */}}
{{- define "spread" -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "picks" . | nindent 6 }}
{{- end }}

{{- define "pod-head" -}}
serviceAccountName: {{ include "name" . }}
automountServiceAccountToken: false
securityContext: {{- include "pod-security" . | nindent 2 }}
{{- with .Values.images.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
