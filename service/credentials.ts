/** Who may sign requests to the service. */

/** A long-term key pair that the service accepts. */
export interface ServiceCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Accepted by default where only this machine can connect; public knowledge, so never anywhere else. */
export const DEVELOPMENT_CREDENTIALS: ServiceCredentials = {
  accessKeyId: 'penstock',
  secretAccessKey: 'penstock-development',
};
