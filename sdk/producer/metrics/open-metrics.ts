/** Figures as OpenMetrics 1.0 text. Source: OpenMetrics 1.0.0, "Text format". */
import { KvsError } from '../../errors.ts';
import * as STATUS from '../../status-codes.ts';
import type { LatencyDistribution } from './latency-histogram.ts';
import {
  ACKS_FAMILY,
  HISTOGRAM_FAMILIES,
  type NumberFamily,
  PRODUCER_FAMILIES,
  STATE_FAMILY,
  STATES,
  STREAM_FAMILIES,
} from './metric-families.ts';
import type { StreamMetrics } from './stream-metrics.ts';
import type { ProducerMetrics } from './producer-metrics.ts';

/** A stream and its figures. */
export interface NamedStream {
  readonly name: string;
  readonly metrics: StreamMetrics;
}

type Labels = Readonly<Record<string, string>>;

/** Labels that samples have of their own. */
const RESERVED = new Set(['stream', 'type', 'frame', 'le', STATE_FAMILY.name]);

/**
 * The text of a producer and its streams, up to and with `# EOF`.
 * @param labels put on every sample. Throws `KvsError` of status STATUS_INVALID_ARG for a name that cannot be one, or is in use
 */
export function openMetricsText(producer: ProducerMetrics, streams: readonly NamedStream[], labels: Labels): string {
  checkLabels(labels);
  const named = streams.map(({ name, metrics }) => ({ metrics, labels: { ...labels, stream: name } }));
  const families = [
    ...PRODUCER_FAMILIES.map((family) => numbers(family, [{ metrics: producer, labels }])),
    ...STREAM_FAMILIES.map((family) => numbers(family, named)),
    described(ACKS_FAMILY.name, 'counter', undefined, ACKS_FAMILY.help, [
      ...named.flatMap(({ metrics, labels: own }) =>
        Object.entries(metrics.acks).map(([type, count]) =>
          sample(`${ACKS_FAMILY.name}_total`, { ...own, type }, count),
        ),
      ),
    ]),
    described(STATE_FAMILY.name, 'stateset', undefined, STATE_FAMILY.help, [
      ...named.flatMap(({ metrics, labels: own }) =>
        STATES.map((state) =>
          sample(STATE_FAMILY.name, { ...own, [STATE_FAMILY.name]: state }, metrics.state === state ? 1 : 0),
        ),
      ),
    ]),
    ...HISTOGRAM_FAMILIES.map(({ name, help, byFrame }) =>
      described(name, 'histogram', 'seconds', help, [
        ...named.flatMap(({ metrics, labels: own }) =>
          Object.entries(byFrame(metrics.latencies)).flatMap(([frame, distribution]) =>
            histogram(name, { ...own, frame }, distribution),
          ),
        ),
      ]),
    ),
  ];
  return `${families.flat().join('\n')}\n# EOF\n`;
}

function numbers<M>(
  { name, type, unit, help, value }: NumberFamily<M>,
  owners: ReadonlyArray<{ readonly metrics: M; readonly labels: Labels }>,
): string[] {
  const sampleName = type === 'counter' ? `${name}_total` : name;
  const samples = owners.map(({ metrics, labels }) => sample(sampleName, labels, value(metrics)));
  return described(name, type, unit, help, samples);
}

function described(name: string, type: string, unit: string | undefined, help: string, samples: string[]): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples,
  ];
}

/** Buckets of OpenMetrics are cumulative. */
function histogram(name: string, labels: Labels, { boundsMs, counts, samples, sumMs }: LatencyDistribution): string[] {
  let below = 0;
  const buckets = counts.map((count, i) => {
    below += count;
    const bound = boundsMs[i];
    return sample(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : number(bound / 1e3) }, below);
  });
  return [...buckets, sample(`${name}_count`, labels, samples), sample(`${name}_sum`, labels, sumMs / 1e3)];
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}`;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function checkLabels(labels: Labels): void {
  for (const [name, text] of Object.entries(labels)) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || RESERVED.has(name))
      throw new KvsError(STATUS.STATUS_INVALID_ARG, `'${name}' cannot be a label`);
    if (typeof text !== 'string') throw new KvsError(STATUS.STATUS_INVALID_ARG, `The label ${name} is no string`);
  }
}
