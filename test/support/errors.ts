/** Errors as the official SDK clients see them. */

/** Name, HTTP status and message of a failed call. */
export interface SeenError {
  readonly name: string;
  readonly status: number | undefined;
  readonly message: string;
}

/** Waits for a call to fail. @throws Error when it succeeds */
export async function seenError(call: Promise<unknown>): Promise<SeenError> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('The call succeeded');
}
