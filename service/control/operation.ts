/** The form of a control-plane operation: a path, a table of its input, and what it does. */

import type { ServiceContext } from '../context.ts';
import type { JsonObject } from '../request/json-body.ts';
import { checkInput } from '../request/validation.ts';
import type { InputOf, Shape } from '../request/validation.ts';
import type { RetentionSweep } from './retention-sweep.ts';
import type { StreamLifecycle } from './stream-lifecycle.ts';

/** What operations work with beside the context. */
export interface ControlPlane extends ServiceContext {
  readonly lifecycle: StreamLifecycle;
  readonly retention: RetentionSweep;
  /** Base URL that clients reach the service under, without a slash at its end. */
  readonly publicUrl: () => string;
}

export interface Operation {
  /** Case-sensitive, as AWS's are. */
  readonly path: string;
  /** Runs the operation on its unchecked JSON input; resolves to its JSON output. */
  run(plane: ControlPlane, input: JsonObject): Promise<object>;
}

/** Ties an operation's body to its input table; `run` refuses input that breaks the table before the body sees it. */
export function operation<const S extends Shape>(
  path: string,
  shape: S,
  body: (plane: ControlPlane, input: InputOf<S>) => Promise<object>,
): Operation {
  return { path, run: (plane, input) => body(plane, checkInput(shape, input)) };
}
