/** How deep the causes of an error are told. */
const MAX_CAUSES = 4;

/**
 * What a log line tells beside its message, as JSON; empty for nothing. Errors are told by their text and that of their causes, since they
 * have no fields of their own. Never throws: a line that cannot be written must not end what it tells of.
 */
export function logDetails(fields: Readonly<Record<string, unknown>> | undefined): string {
  if (fields === undefined) return '';
  try {
    return JSON.stringify(fields, (_name, value: unknown) => {
      if (value instanceof Error) return withCauses(value);
      return typeof value === 'bigint' ? String(value) : value;
    });
  } catch (error) {
    return JSON.stringify({ untold: String(error) });
  }
}

function withCauses(error: Error): string {
  const texts: string[] = [];
  let cause: unknown = error;
  for (; cause instanceof Error && texts.length <= MAX_CAUSES; cause = cause.cause) texts.push(String(cause));
  if (typeof cause === 'string') texts.push(cause);
  return texts.join('; because of ');
}
