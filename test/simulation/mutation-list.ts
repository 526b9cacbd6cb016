/** Deliberate faults in the producer, one at a time: each has to be found by the simulation. */

export interface Mutation {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Stands once in the file. */
  readonly find: string;
  readonly replace: string;
}

const of = (file: string, name: string, find: string, replace: string): Mutation => ({
  name,
  file: `sdk/producer/${file}`,
  find,
  replace,
});

export const MUTATIONS: readonly Mutation[] = [
  of(
    'delivery.ts',
    'rolls back to what was received only',
    "return this.#stream.rollBack('unpersisted')",
    "return this.#stream.rollBack('received')",
  ),
  of('delivery.ts', 'does not roll back', "return this.#stream.rollBack('unpersisted')", 'return 0'),
  of(
    'delivery.ts',
    'waits in vain for what was received only',
    'return this.#isAwaited && this.#stream.stats.unsentItems === 0;',
    'return false;',
  ),
  of('delivery.ts', 'refuses what an older session carried', 'entry.sequence >= this.#firstSequence && ', ''),
  of(
    'delivery.ts',
    'takes RECEIVED for PERSISTED',
    "(ack.type === 'received' && !this.#hasRetention)",
    "ack.type === 'received'",
  ),
  of(
    'delivery.ts',
    'no header after a reconnect',
    'this.#stream.beginSession();',
    'session === 1 ? this.#stream.beginSession() : 0;',
  ),
  of(
    'fragment-losses.ts',
    'skips the newest for the refused',
    'stream.skipFragment(timecode)',
    'stream.dropOldestFragment()',
  ),
  of(
    'fragment-losses.ts',
    'does not tell of refused fragments',
    "    onEvent({\n      type: 'fragment-rejected',",
    "    void ({\n      type: 'fragment-rejected',",
  ),
  of(
    'delivery.ts',
    'takes acks of older sessions for its own',
    'entry.receivedInSession !== this.#session',
    'entry.receivedInSession === 0',
  ),
  of(
    'delivery.ts',
    'does not know what relative timecodes count from',
    'this.#timecodes.countFrom(startUs);',
    'void startUs;',
  ),
  of(
    'delivery.ts',
    'waits for PERSISTED where nothing is kept',
    'this.#hasRetention = description.retentionHours > 0;',
    'void description;',
  ),
  of('fragment-ledger.ts', 'trims one fragment too many', '(entry.isClosed ? 1 : 0)', '2'),
  of(
    'frames/frame-admission.ts',
    'does not tell of dropped fragments',
    '    this.#events.tellDroppedFragment(reason, entry, dropped, lostFrames);',
    '    void entry;',
  ),
  of(
    'frames/frame-admission.ts',
    'does not tell of dropped frames',
    "    this.#events.tellDroppedFrames('store-full', one, [{ decodeTimestampUs, bytes }]);",
    '    void one;',
  ),
  of('fragment-ledger.ts', 'owes what it dropped', 'for (const entry of lost) this.lose(entry);', ''),
  of(
    'frames/frame-intake.ts',
    'leaves start codes in the header',
    "(framing === 'annexb' || privateDataFraming(core.codecPrivateData) !== 'avcc')",
    "privateDataFraming(core.codecPrivateData) !== 'avcc'",
  ),
  of(
    'session-engine.ts',
    'is not woken by frames',
    'if (this.#session === undefined) this.#wakeup.notify();',
    'if (this.#session === undefined) return;',
  ),
  of('session-engine.ts', 'keeps refused credentials', 'this.#options.credentials.invalidate();', ''),
  of(
    'session-engine.ts',
    'keeps an endpoint that failed',
    "this.#control.heed(outcome, reason === 'stalled' && !progressed);",
    '',
  ),
  of(
    'upload-session.ts',
    'is not woken by frames while it is connected',
    '    this.#isDrained = false;\n    this.#wakeup.notify();',
    '',
  ),
  of(
    'upload-session.ts',
    'forgets a timer',
    '    this.#end = end;\n    this.#timer?.cancel();',
    '    this.#end = end;',
  ),
  of(
    'upload-session.ts',
    'never gives a silent connection up',
    'if (this.#isOwed()) this.#arm(this.#stallTimeoutMs);',
    '',
  ),
  of(
    'upload-session.ts',
    'trusts the wall clock',
    'Math.min(Math.max(this.#progressMs - armedMs, 0), delayMs)',
    '(this.#progressMs - armedMs || 0)',
  ),
  of(
    'upload-session.ts',
    'hands over without waiting for acks',
    'if (this.#isHandover && !this.#source.isAckOwed())',
    'if (this.#isHandover)',
  ),
  of(
    'upload-slab.ts',
    'writes into bytes that are being sent',
    'const start = this.#usedBytes;',
    'const start = (this.#usedBytes = 0);',
  ),
  of(
    'stream.ts',
    'does not let waiting puts in',
    '    this.#owner.gate.retry();\n    this.#parts.engine.wake();',
    '    this.#parts.engine.wake();',
  ),
  of('stream.ts', 'keeps the memory of a stream that ended', '    this.#parts.stream.dispose();\n', ''),
  of(
    'stream.ts',
    'stops before everything is persisted',
    '      await abortable(this.#finished, this.#life.failureSignal, deadline.signal);\n',
    '',
  ),
  of('stream.ts', 'begins anew with what it holds', '      delivery.dropAll();\n', ''),
  of(
    'fragment-losses.ts',
    'tells times of a reset as timecodes',
    "reason: 'reset',\n        fragments: 1,\n        frames,\n        bytes,\n        firstTimestampUs: entry.lowestTimestampUs,",
    "reason: 'reset',\n        fragments: 1,\n        frames,\n        bytes,\n        firstTimestampUs: Math.floor(entry.lowestTimestampUs / 1000) * 1000,",
  ),
  of(
    'fragment-losses.ts',
    'owes what a roll back gave up',
    'const lost = ledger.loseRange(firstFragment, lastFragment);',
    'const lost: LedgerEntry[] = [];',
  ),
  of(
    'delivery.ts',
    'takes a handover for a loss',
    "if (end.reason === 'handed-over') {",
    "if (end.reason === 'handed-over' && end.error !== undefined) {",
  ),
  of(
    'frames/frame-admission.ts',
    'does not wait for a key frame',
    '    this.#dropsUntilKey = true;\n    this.endFragment();\n',
    '',
  ),
  of(
    'frames/frame-intake.ts',
    'takes no second description',
    'if (known !== undefined && isSame(known.bytes, given)) return 0;',
    'if (known !== undefined) return 0;',
  ),
  of('session-engine.ts', 'does not begin its back-off anew', '    if (progressed) this.#waits.reset();\n', ''),
  of('session-engine.ts', 'forgets to watch for the end of credentials', '    this.#rotation.end();\n', ''),
  of(
    'upload-session.ts',
    'ends a handover before everything is acknowledged',
    'if (this.#source.isAckOwed()) this.#watch();\n    else this.#endBody();',
    'this.#endBody();',
  ),
  of(
    'callbacks/stream-notifier.ts',
    'does not report what was dropped',
    'if (this.#parts !== undefined) this.#drops.onDropped(this.#parts, event);',
    '',
  ),
  of('acks.ts', 'takes one ack of a batch', '        i += plainBytes - 1;\n        continue;', '        return;'),
  of(
    'upload-session.ts',
    'a drained body stays asleep',
    '    this.#isDrained = false;\n    this.#wakeup.notify();',
    '    this.#wakeup.notify();',
  ),
  of(
    'frames/frame-order.ts',
    'releases before every track has a frame',
    'const isComplete = this.#queues.every(',
    'const isComplete = this.#queues.some(',
  ),
  of(
    'frames/frame-order.ts',
    'takes frames in the order of their tracks',
    'first === undefined || frame.position < first.position) best = queue;',
    'first === undefined) best = queue;',
  ),
  of(
    'frames/frame-admission.ts',
    'forgets frames that wait at a reset',
    "      this.#events.tellDroppedFrames('reset', given, lostFrames);\n",
    '      void given;\n',
  ),
  of('streaming-type.ts', 'drops what is over the buffer duration offline', 'keepsAll: true,', 'keepsAll: false,'),
  of(
    'store-gate.ts',
    'lets small frames overtake',
    'if (done === false) return;',
    'if (done === false) { this.#remove(first); first.resolve(); continue; }',
  ),
];

/** The source with the fault in it. Throws where the mutation does not fit the source any more. */
export function mutate({ name, file, find, replace }: Mutation, source: string): string {
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold once what '${name}' replaces`);
  return source.replace(find, () => replace);
}
