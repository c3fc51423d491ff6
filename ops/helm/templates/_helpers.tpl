{{- define "vidgenie.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "vidgenie.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "vidgenie.labels" -}}
{{ include "vidgenie.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* Refuses values with which pods would never be ready, or would get in each other's way. */}}
{{- define "vidgenie.check" -}}
{{- $discord := index .Values.secrets "DISCORD_TOKEN" }}
{{- $slack := or (index .Values.secrets "SLACK_BOT_TOKEN") (index .Values.secrets "SLACK_CLIENT_SECRET") }}
{{- if not (or $discord $slack .Values.publicUrl) }}
{{- fail "nobody could reach the bot: set secrets.DISCORD_TOKEN, the secrets of Slack, or publicUrl. Without all of them its page listens inside the pod alone, and the pod never gets ready" }}
{{- end }}
{{- $shards := mergeOverwrite (dict) .Values.env (.Values.bot.env | default dict) | dig "DISCORD_SHARDS" "auto" | toString }}
{{- if and $discord (gt (int .Values.bot.replicas) 1) (ne $shards "none") }}
{{- fail "bot.replicas is more than 1, and each bot would hold the same connections to Discord's gateway: set bot.env.DISCORD_SHARDS to none, or install a release for each share of the shards (docs/discord.md)" }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What a container of any role is. Takes the root context, the role, the role's own variables and its resources. */}}
{{- define "vidgenie.container" -}}
image: {{ printf "%s:%s" .root.Values.image.repository (.root.Values.image.tag | default .root.Chart.AppVersion) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
env:
  {{- $fixed := dict "VIDGENIE_ROLE" .role "VIDGENIE_HOME" "/var/lib/vidgenie" "PORT" "3000" }}
  {{- with .root.Values.publicUrl }}{{ $_ := set $fixed "PUBLIC_URL" . }}{{ end }}
  {{- range $name, $value := mergeOverwrite (dict) .root.Values.env (.env | default dict) $fixed }}
  - name: {{ $name }}
    {{- /* Numbers are floats here. JSON writes them without an exponent. */}}
    value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
  {{- end }}
  {{- range $name, $reference := .root.Values.secrets }}
  {{- if $reference }}
  - name: {{ $name }}_FILE
    value: /run/secrets/vidgenie/{{ $name }}
  {{- end }}
  {{- end }}
resources: {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - { name: secrets, mountPath: /run/secrets/vidgenie, readOnly: true }
  - { name: home, mountPath: /var/lib/vidgenie }
  - { name: tmp, mountPath: /tmp }
{{- end -}}

{{/* The port and the probes of a process that serves. Takes the root context. */}}
{{- define "vidgenie.serving" -}}
ports:
  - { name: http, containerPort: 3000, protocol: TCP }
# A start migrates, or waits for the process that does. Whoever is killed meanwhile has to begin anew.
startupProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 2
  failureThreshold: {{ div (int .Values.migration.deadline) 2 }}
livenessProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: { path: /readyz, port: http }
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
{{- end -}}

{{/* What a pod of any role is, beside its containers. Takes the root context and the size of the scratch volume. */}}
{{- define "vidgenie.pod" -}}
{{- with .root.Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
        {{- range $name, $reference := .root.Values.secrets }}
        {{- if $reference }}
        - secret:
            name: {{ $reference.name }}
            items:
              - { key: {{ $reference.key }}, path: {{ $name }} }
        {{- end }}
        {{- end }}
  - name: home
    emptyDir: { sizeLimit: {{ .scratch }} }
  - name: tmp
    emptyDir: { sizeLimit: 1Gi }
{{- end -}}

{{- define "vidgenie.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "vidgenie.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .role }}
{{- end -}}
