/** The way of a notification to the application: later than what it tells of, and without harm when it fails. */
import { KvsError } from '../../errors.ts';
import { statusName } from '../../status.ts';
import { isSuccess } from './chain.ts';
import type { ClientCallbackProvider, StreamCallbackProvider } from './notifications.ts';
import { type CallbackProvider, isHeard } from './provider.ts';
import type { FailureReport } from './service-caller.ts';

type Notifications = Required<Omit<ClientCallbackProvider & StreamCallbackProvider, 'free'>>;
export type NotificationName = keyof Notifications;

export class NotificationsOut {
  readonly #provider: CallbackProvider;
  readonly #report: FailureReport;

  constructor(provider: CallbackProvider, report: FailureReport) {
    this.#provider = provider;
    this.#report = report;
  }

  hears(name: NotificationName): boolean {
    return isHeard(this.#provider, name);
  }

  /**
   * Calls back in a microtask of its own: a callback may put, stop or abort, and must not do so in the middle of what it is told of.
   * Calls begin in the order of what happened.
   */
  send<N extends NotificationName>(name: N, ...args: Parameters<Notifications[N]>): void {
    if (this.hears(name)) void Promise.resolve().then(() => this.#call(name, args));
  }

  async #call(name: NotificationName, args: unknown[]): Promise<void> {
    const report = args[0] as { readonly streamName?: string } | undefined;
    try {
      const callback = this.#provider[name] as (...args: unknown[]) => unknown;
      const status = await callback.apply(this.#provider, args);
      if (isSuccess(status)) return;
      this.#report(name, statusError(name, status), report?.streamName);
    } catch (error) {
      this.#report(name, error, report?.streamName);
    }
  }
}

function statusError(name: string, status: unknown): Error {
  if (typeof status !== 'number')
    return new TypeError(`The callback ${name} answered ${String(status)}: expected a status`);
  return new KvsError(status, `The callback ${name} answered ${statusName(status)}`);
}
