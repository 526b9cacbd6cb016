/** A clock that is off is corrected by what the service says; a good one is not spoilt by what anybody says. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clockedCredentials } from '../../../sdk/aws/clocked-credentials.ts';
import { staticCredentials } from '../../../sdk/aws/credentials.ts';
import { ServiceClock, serviceDate } from '../../../sdk/aws/service-clock.ts';
import { jsonCall } from '../../../sdk/aws/signed-call.ts';
import { CredentialsError, type ServiceCallError } from '../../../sdk/errors.ts';
import { type ScriptedAnswer, ScriptedPlatform } from '../../support/scripted-platform.ts';

const it = suite('service clock');
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const httpDate = (timeMs: number): string => new Date(timeMs).toUTCString();

/** A service whose clock is right, in front of a host whose clock is not: it takes dates within fifteen minutes. */
class Stage {
  readonly platform = new ScriptedPlatform();
  readonly clock = new ServiceClock(this.platform);
  /** What the host's clock is ahead. */
  aheadMs = 0;
  /** What the service says that its own clock is, beside the truth. */
  lieMs = 0;
  refusal = 'RequestExpired';
  /** Status and answer of what is accepted. */
  accepted: ScriptedAnswer = { status: 200, body: '{}' };
  refusals = 0;

  constructor() {
    this.platform.on('/describeStream', ({ headers }) => {
      const trueMs = this.platform.nowMs - this.aheadMs;
      const signed = (headers['x-amz-date'] ?? '').replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z');
      const date = httpDate(trueMs + this.lieMs);
      if (Math.abs(Date.parse(signed) - trueMs) <= 15 * MINUTE_MS)
        return { ...this.accepted, headers: { date, ...this.accepted.headers } };
      this.refusals++;
      return { status: 403, headers: { 'x-amzn-errortype': this.refusal, date }, body: '{}' };
    });
  }

  /** The host's clock jumps. */
  jump(byMs: number): void {
    this.aheadMs += byMs;
    this.platform.nowMs += byMs;
  }

  /** One call; resolves to how often it was refused on the way, or to its error. */
  async call(): Promise<number | string> {
    const before = this.refusals;
    const target = {
      platform: this.platform,
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:1',
      credentials: staticCredentials({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' }),
      clock: this.clock,
    };
    return jsonCall(target, '/describeStream', {}, { maxAttempts: 1 }).then(
      () => this.refusals - before,
      (error: ServiceCallError) => error.code,
    );
  }
}

for (const refusal of [
  'RequestExpired',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'SomethingElse',
]) {
  for (const hours of [7, -7, 24 * 365 * 3]) {
    it(`a host ${hours} h off is refused once (${refusal}), and within the same call corrected`, async () => {
      const stage = new Stage();
      stage.refusal = refusal;
      stage.jump(hours * HOUR_MS);
      assert.equal([await stage.call(), await stage.call()], [1, 0]);
      assert.ok(Math.abs(stage.clock.offsetMs + hours * HOUR_MS) < 1000, String(stage.clock.offsetMs));
    });
  }
}

it('a clock that jumps later, and back again, is followed', async () => {
  const stage = new Stage();
  const outcomes: Array<number | string> = [];
  for (const hours of [0, 5, 0, -5, -48, 0, 48]) {
    stage.jump(hours * HOUR_MS);
    outcomes.push(await stage.call());
  }
  assert.equal(outcomes, [0, 1, 0, 1, 1, 0, 1]);
  assert.is(await stage.call(), 0);
});

it('a clock that is minutes off, and still accepted, is corrected before it is refused', async () => {
  const stage = new Stage();
  stage.jump(10 * MINUTE_MS);
  assert.is(await stage.call(), 0);
  stage.jump(10 * MINUTE_MS);
  assert.is(await stage.call(), 0);
  assert.is(stage.refusals, 0);
});

it('a clock within some minutes is let be', async () => {
  const stage = new Stage();
  stage.jump(3 * MINUTE_MS);
  assert.is(await stage.call(), 0);
  assert.is(stage.clock.offsetMs, 0);
});

it('the date of an answer that is no success corrects too', async () => {
  const stage = new Stage();
  stage.jump(10 * MINUTE_MS);
  stage.accepted = { status: 404, headers: { 'x-amzn-errortype': 'ResourceNotFoundException' }, body: '{}' };
  assert.is(await stage.call(), 'ResourceNotFoundException');
  assert.ok(stage.clock.offsetMs < -9 * MINUTE_MS);
});

for (const lieHours of [24, -24, 24 * 3650]) {
  it(`a good clock outlives dates that are ${lieHours} h wrong: one refusal within one call, and never again`, async () => {
    const stage = new Stage();
    stage.lieMs = lieHours * HOUR_MS;
    assert.equal([await stage.call(), await stage.call(), await stage.call(), await stage.call()], [0, 1, 0, 0]);
    assert.is(stage.clock.offsetMs, 0);
  });
}

it('a corrected clock outlives them as well', async () => {
  const stage = new Stage();
  stage.jump(5 * HOUR_MS);
  assert.is(await stage.call(), 1);
  stage.lieMs = 24 * HOUR_MS;
  assert.equal([await stage.call(), await stage.call(), await stage.call()], [0, 1, 0]);
  assert.ok(Math.abs(stage.clock.offsetMs + 5 * HOUR_MS) < 1000);
});

it('dates that no service would say are not heard', async () => {
  for (const date of [
    '',
    'now',
    '0',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
    'Thu, 31 Foo 2026 00:00:00 GMT',
    'Thu, 26 Nov 2026 25:00:00 GMT',
    '2026-11-26T00:00:00Z',
    `Thu, 26 Nov 2026 00:00:00 GMT${' '.repeat(100_000)}`,
  ])
    assert.ok(Number.isNaN(serviceDate(date)), date);
  assert.is(serviceDate('Thu, 26 Nov 2026 22:30:05 GMT'), Date.UTC(2026, 10, 26, 22, 30, 5));
  assert.ok(Number.isNaN(serviceDate(null)));

  const stage = new Stage();
  stage.accepted = { status: 200, body: '{}', headers: { date: 'Fri, 31 Dec 9999 23:59:59 GMT' } };
  assert.equal([await stage.call(), await stage.call()], [0, 0]);
  assert.is(stage.clock.offsetMs, 0);
});

it('a wrong secret stays an error of its own, whatever the clocks say', async () => {
  const stage = new Stage();
  stage.platform.on('/describeStream', (_request, count) => ({
    status: 403,
    headers: {
      'x-amzn-errortype': 'InvalidSignatureException',
      date: httpDate(stage.platform.nowMs + (count % 3) * HOUR_MS),
    },
    body: '{}',
  }));
  for (let call = 0; call < 5; call++) assert.is(await stage.call(), 'InvalidSignatureException');
  assert.ok(stage.platform.requests.length <= 10, `${stage.platform.requests.length} requests: two at most for a call`);
});

it('calls that were under way when the clock was corrected are repeated, and do not undo it', async () => {
  const stage = new Stage();
  stage.jump(7 * HOUR_MS);
  assert.equal(await Promise.all([stage.call(), stage.call(), stage.call()]), [3, 3, 3]);
  assert.is(await stage.call(), 0);
});

it('credentials that seem to have expired are used once: the answer says whether it is the clock', async () => {
  const stage = new Stage();
  const trueMs = (): number => stage.platform.nowMs - stage.aheadMs;
  let endsMs = trueMs() + HOUR_MS;
  let fetches = 0;
  const credentials = clockedCredentials(stage.platform, stage.clock, async () => {
    fetches++;
    return { accessKeyId: 'AKID', secretAccessKey: 'SECRET', expiresAtMs: endsMs };
  });
  stage.jump(7 * HOUR_MS);
  assert.is((await credentials()).accessKeyId, 'AKID', 'before anything was heard');
  await stage.call();
  assert.is((await credentials()).expiresAtMs, endsMs);
  assert.is(fetches, 1, 'the corrected clock finds them alive');

  stage.jump(7 * HOUR_MS);
  assert.is((await credentials()).expiresAtMs, endsMs, 'after a jump');
  assert.is(fetches, 2);
  await stage.call();
  await credentials();
  assert.is(fetches, 2, 'and so does it when it was corrected again');

  endsMs = trueMs() - 1;
  credentials.invalidate();
  await credentials();
  await stage.call();
  for (const time of ['the second time', 'the third time', 'the fourth time']) {
    const error = await credentials().catch((reason: unknown) => reason);
    assert.instance(error, CredentialsError, time);
    assert.match((error as CredentialsError).message, 'expired', time);
  }
});

it.run();
