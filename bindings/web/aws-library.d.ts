/** As much of AWS's library as the chain uses, for Deno, which cannot read the library's own types without those of Node. */

export interface LibraryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
  /** Where they are from: `CREDENTIALS_PROFILE`, `CREDENTIALS_HTTP` and so on; nothing where they are from instance metadata. */
  readonly $source?: object;
}

export declare function defaultProvider(init: {
  readonly profile?: string;
  readonly filepath?: string;
  readonly configFilepath?: string;
  readonly clientConfig?: { readonly region: string };
  readonly mfaCodeProvider?: (serialNumber: string) => Promise<string>;
  readonly timeout?: number;
  readonly maxRetries?: number;
}): (options: { readonly forceRefresh: boolean }) => Promise<LibraryCredentials>;
