import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { z } from 'zod';
import { settlesWithin } from '../pipeline/timeout.ts';
import type { LogSink } from './log.ts';
import { metricDataOf } from './metricData.ts';
import type { Metrics } from './metrics.ts';
import { exportTimeoutMs, resource, signalUrl } from './resource.ts';

/** In log lines. A full queue drops new lines: a collector that is away costs no more memory than this. */
const maxQueuedLines = 2_048;
/** In milliseconds. */
const metricIntervalMs = 60_000;
/** In milliseconds. How long a stop waits for the last lines and figures to be received. */
const closeWithinMs = 1_000;

export type Telemetry = { logs: LogSink; close: () => Promise<void> };

/** Sends the log and the metrics of this process to a collector. If nobody receives them, they are dropped and the work goes on. */
export function openTelemetry(endpoint: string, metrics: Metrics, intervalMs = metricIntervalMs): Telemetry {
  const logExporter = new OTLPLogExporter({ url: signalUrl(endpoint, 'logs'), timeoutMillis: exportTimeoutMs });
  const processor = new BatchLogRecordProcessor({ exporter: logExporter, maxQueueSize: maxQueuedLines });
  const loggers = new LoggerProvider({ resource, processors: [processor] });
  const logger = loggers.getLogger('vidgenie');
  const startedAt = Date.now();
  const producer = {
    collect: async () => {
      const scopeMetrics = [{ scope: { name: 'vidgenie' }, metrics: metricDataOf(await metrics.read(), startedAt) }];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
    },
  };
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: signalUrl(endpoint, 'metrics'), timeoutMillis: exportTimeoutMs }),
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: Math.min(exportTimeoutMs, intervalMs),
        metricProducers: [producer],
      }),
    ],
  });
  return {
    logs: { write: (line) => logger.emit(recordOf(line)) },
    close: async () => {
      // The operator has to do nothing about a collector that is away.
      const closing = Promise.allSettled([loggers.shutdown(), meters.shutdown()]);
      await settlesWithin(closeWithinMs, closing);
    },
  };
}

const lineShape = z.looseObject({ level: z.number(), time: z.number(), pid: z.number(), msg: z.string().default('') });
const errorShape = z.looseObject({
  name: z.string(),
  message: z.string(),
  stack: z.string().optional(),
});

/** A line of the log as OpenTelemetry names its parts. The log has removed secrets from the line. */
function recordOf(line: string) {
  const { level, time, pid, msg, error, ...facts } = lineShape.parse(JSON.parse(line));
  const told = errorShape.safeParse(error);
  const exception = told.success
    ? {
        'exception.type': told.data.name,
        'exception.message': told.data.message,
        ...(told.data.stack !== undefined && { 'exception.stacktrace': told.data.stack }),
      }
    : { error };
  return {
    ...severityOf(level),
    timestamp: time,
    body: msg,
    attributes: { ...facts, ...exception, 'process.pid': pid },
  };
}

/** From the numbers of pino. */
function severityOf(level: number) {
  if (level >= 60) return { severityNumber: SeverityNumber.FATAL, severityText: 'FATAL' };
  if (level >= 50) return { severityNumber: SeverityNumber.ERROR, severityText: 'ERROR' };
  if (level >= 40) return { severityNumber: SeverityNumber.WARN, severityText: 'WARN' };
  if (level >= 30) return { severityNumber: SeverityNumber.INFO, severityText: 'INFO' };
  if (level >= 20) return { severityNumber: SeverityNumber.DEBUG, severityText: 'DEBUG' };
  return { severityNumber: SeverityNumber.TRACE, severityText: 'TRACE' };
}
