export { environmentCredentials } from '../../sdk/aws/credentials.ts';
