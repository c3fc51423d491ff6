import { randomUUID } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import packageJson from '../../package.json' with { type: 'json' };

/** The attributes that every log line, metric and trace of this process has in common. Each process is an instance of its own. */
export const resource = resourceFromAttributes({
  'service.name': 'vidgenie',
  'service.version': packageJson.version,
  'service.instance.id': randomUUID(),
});

/** In milliseconds. A collector that takes longer to answer counts as away, and what was sent to it is lost. */
export const exportTimeoutMs = 5_000;

/** The address of one signal of a collector that speaks OTLP over HTTP. */
export const signalUrl = (endpoint: string, signal: 'traces' | 'metrics' | 'logs'): string =>
  `${endpoint.replace(/\/$/, '')}/v1/${signal}`;
