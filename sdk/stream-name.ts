/** True for what can be the name of a stream. Source: service-api §2.1. */
export function isStreamName(name: unknown): boolean {
  return typeof name === 'string' && /^[a-zA-Z0-9_.-]{1,256}$/.test(name);
}
