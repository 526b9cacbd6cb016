/** What producers of embedded engines load where their options name callbacks: a refusal. The bundle is a sixth smaller without their code. */
import { KvsError } from '../../../sdk/errors.ts';
import * as STATUS from '../../../sdk/status-codes.ts';

/** Throws `KvsError` STATUS_NOT_IMPLEMENTED. */
export function openCallbacks(): never {
  throw new KvsError(STATUS.STATUS_NOT_IMPLEMENTED, 'Options of callbacks are not in the bundle for embedded engines');
}
