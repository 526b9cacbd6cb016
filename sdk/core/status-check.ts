import { coreError } from '../errors.ts';

/** Passes a result of the core on, or throws the error that its negative value stands for. `action` completes "Cannot …". */
export function checked(result: number, action: string): number {
  if (result < 0) throw coreError(-result, action);
  return result;
}
