/** What a client calls itself in the header User-Agent. Source: c-producer §8. */
import type { Platform } from '../platform.ts';
import { VERSION } from '../version.ts';

/** Limits of the native library, characters. */
export const MAX_USER_AGENT_NAME = 32;
export const MAX_USER_AGENT_SUFFIX = 128;
const MAX_USER_AGENT = 256;

export interface UserAgentOptions {
  /** Stands for `penstock` in front. */
  readonly userAgentName?: string | undefined;
  /** Stands behind everything else. */
  readonly userAgentSuffix?: string | undefined;
}

/** `penstock/0.1.0 node/20.20.2 linux/x64 suffix`, at most 256 characters: what is longer loses its end. */
export function userAgent(platform: Pick<Platform, 'name' | 'system'>, options: UserAgentOptions = {}): string {
  const { userAgentName = 'penstock', userAgentSuffix = '' } = options;
  const parts = [`${userAgentName}/${VERSION}`, platform.name, platform.system ?? '', userAgentSuffix];
  return parts
    .filter((part) => part !== '')
    .join(' ')
    .slice(0, MAX_USER_AGENT);
}
