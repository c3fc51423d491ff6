import { type Context, context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanKind, type Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { exportTimeoutMs, resource, signalUrl } from './resource.ts';

/**
 * Sends a span for each job that is added to the queue and each that is taken from it. The two are one trace, even in different
 * processes. They contain only a job's content, a run's id and a dispatch: no text, names or keys. If nobody receives them, they
 * are dropped and the work goes on.
 */
export function openTraces(endpoint: string): { telemetry: Telemetry; close: () => Promise<void> } {
  const exporter = new OTLPTraceExporter({ url: signalUrl(endpoint, 'traces'), timeoutMillis: exportTimeoutMs });
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const manager = new AsyncLocalStorageContextManager();
  context.setGlobalContextManager(manager.enable());
  trace.setGlobalTracerProvider(provider);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    telemetry: eachJobApart(new BullMQOtel({ tracerName: 'vidgenie' })),
    close: async () => {
      await provider.shutdown();
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

/**
 * The end of a turn wakes the relay, which adds the next job. Without this, that job would belong to the turn's trace, and one
 * trace would grow for ever.
 */
function eachJobApart({ tracer, contextManager }: Telemetry<Context>): Telemetry<Context> {
  const startSpan: typeof tracer.startSpan = (name, options, parent) => {
    const begins = options?.kind === SpanKind.PRODUCER;
    return tracer.startSpan(name, options, begins ? ROOT_CONTEXT : parent);
  };
  return { tracer: { startSpan }, contextManager };
}
