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

{{/* The port and the probes of a process that serves. */}}
{{- define "vidgenie.serving" -}}
ports:
  - { name: http, containerPort: 3000, protocol: TCP }
# A first start may wait for a migration of another pod.
startupProbe:
  httpGet: { path: /healthz, port: http }
  periodSeconds: 2
  failureThreshold: 300
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
