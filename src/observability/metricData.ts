import { type HrTime, ValueType } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName } from 'prom-client';

export type ReadMetric = MetricObjectWithValues<MetricValue<string>>;

/**
 * The metrics in the form of OpenTelemetry, with the names and labels that Prometheus knows them by, so that dashboards and alerts
 * are the same. All counts begin at `startedAt`, the start of this process.
 */
export function metricDataOf(read: readonly ReadMetric[], startedAt: number): MetricData[] {
  const times = { startTime: millisToHrTime(startedAt), endTime: millisToHrTime(Date.now()) };
  return read.flatMap((metric) => (metric.values.length === 0 ? [] : [dataOf(metric, times)]));
}

type Times = { startTime: HrTime; endTime: HrTime };

function dataOf({ name, help, type, values }: ReadMetric, times: Times): MetricData {
  const facts = {
    descriptor: {
      name,
      description: help,
      unit: name.endsWith('_seconds') ? 's' : '',
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  // The types of prom-client know enumerated kinds, but it tells them by their names.
  const kind: string = String(type);
  if (kind === 'histogram')
    return { ...facts, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(values, times) };
  const dataPoints = values.map(({ labels, value }) => ({ ...times, attributes: attributesOf(labels), value }));
  return kind === 'counter'
    ? { ...facts, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...facts, dataPointType: DataPointType.GAUGE, dataPoints };
}

type Labels = MetricValue<string>['labels'];

const attributesOf = (labels: Labels): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));

type Collected = { labels: Labels; sum: number; count: number; upTo: { le: number; count: number }[] };

/** Prometheus counts what is below each boundary; OpenTelemetry counts what is between two of them. */
function histograms(values: readonly MetricValueWithName<string>[], times: Times): DataPoint<Histogram>[] {
  const series = new Map<string, Collected>();
  for (const { labels: all, value, metricName = '' } of values) {
    const { le, ...labels } = all;
    const key = JSON.stringify(Object.entries(labels).sort());
    const one = series.get(key) ?? { labels, sum: 0, count: 0, upTo: [] };
    series.set(key, one);
    if (metricName.endsWith('_sum')) one.sum = value;
    else if (metricName.endsWith('_count')) one.count = value;
    else if (le !== undefined && le !== '+Inf') one.upTo.push({ le: Number(le), count: value });
  }
  return [...series.values()].map(({ labels, sum, count, upTo }) => {
    const cumulative = [...upTo.map((bucket) => bucket.count), count];
    const counts = cumulative.map((below, index) => below - (cumulative[index - 1] ?? 0));
    const buckets = { boundaries: upTo.map(({ le }) => le), counts };
    return { ...times, attributes: attributesOf(labels), value: { sum, count, buckets } };
  });
}
