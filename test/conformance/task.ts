/** What a test driver asks another runtime to do. */
import type { CoreSource, Platform } from '../../sdk/platform.ts';
import { type Check, type CheckResult, runChecks } from './check.ts';
import { consumerChecks } from './consumer-checks.ts';
import { coreChecks } from './core-checks.ts';
import { credentialChecks } from './credential-checks.ts';
import { type CreateProducer, type EndToEndTask, endToEndChecks } from './end-to-end.ts';
import { errorChecks } from './error-checks.ts';
import { fetchChecks } from './fetch-checks.ts';
import type { Need } from './groups.ts';
import { platformChecks } from './platform-checks.ts';
import { recoveryChecks } from './recovery-checks.ts';
import { signalChecks } from './signal-checks.ts';
import { iterableChecks, metricsChecks, severalStreamsChecks } from './stream-checks.ts';

/** In what a runtime differs from one that has everything. */
export interface RuntimeTraits {
  /** What it has not, beside what `missingHere` sees by itself: checks that need it are told as not applicable. @default nothing */
  readonly lacks?: readonly Need[];
  /** Builds of the core that it runs beside the one that the platform loads. @default none */
  readonly cores?: readonly CoreSource[];
}

/** All checks, those on other builds of the core included. The end-to-end run comes first of those that use the link, which is cut in it. */
export function allChecks(
  task: EndToEndTask,
  createProducer: CreateProducer,
  cores: readonly CoreSource[] = [],
): readonly Check[] {
  const onOtherCores = cores.flatMap((source) =>
    coreChecks.map((check) => ({
      ...check,
      name: `${check.name} [${source.flavour} core]`,
      run: (platform: Platform) => check.run({ ...platform, loadCore: () => Promise.resolve(source) }),
    })),
  );
  return [
    ...platformChecks,
    ...coreChecks,
    ...onOtherCores,
    ...endToEndChecks(task, createProducer),
    ...fetchChecks(task),
    ...recoveryChecks(task, createProducer),
    ...credentialChecks(task, createProducer),
    ...errorChecks(task, createProducer),
    ...severalStreamsChecks(task, createProducer),
    ...iterableChecks(task, createProducer),
    ...signalChecks(task, createProducer),
    ...metricsChecks(task, createProducer),
    ...consumerChecks(task, createProducer),
  ];
}

/** What this engine and its platform have not, as far as that can be seen. */
function missingHere(platform: Platform): Need[] {
  const has: Readonly<Partial<Record<Need, boolean>>> = {
    'full-duplex': platform.fullDuplex,
    // Uploads go through a relay where they cannot be full duplex.
    signing: platform.fullDuplex,
    webassembly: typeof WebAssembly !== 'undefined',
    abort: typeof AbortController !== 'undefined',
  };
  return (Object.keys(has) as Need[]).filter((need) => has[need] === false);
}

/** Runs all checks in this runtime, one after the other. */
export function runTask(
  task: EndToEndTask,
  platform: Platform,
  createProducer: CreateProducer,
  { lacks = [], cores = [] }: RuntimeTraits = {},
): Promise<CheckResult[]> {
  return runChecks(allChecks(task, createProducer, cores), platform, [...missingHere(platform), ...lacks]);
}
