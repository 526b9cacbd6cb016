/** Constraints that several operations share, from the public API model. */

interface StringConstraint {
  readonly type: 'string';
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: RegExp;
}

export const NAME: StringConstraint = { type: 'string', minLength: 1, maxLength: 256, pattern: /^[a-zA-Z0-9_.-]+$/ };

export const ARN: StringConstraint = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: /^arn:[a-z\d-]+:kinesisvideo:[a-z0-9-]+:[0-9]+:[a-z]+\/[a-zA-Z0-9_.-]+\/[0-9]+$/,
};

export const VERSION: StringConstraint = { type: 'string', minLength: 1, maxLength: 64, pattern: /^[a-zA-Z0-9]+$/ };

export const DEVICE_NAME: StringConstraint = { ...NAME, maxLength: 128 };

export const MEDIA_TYPE: StringConstraint = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: /^[\w\-.+]+\/[\w\-.+]+(,[\w\-.+]+\/[\w\-.+]+)*$/,
};

export const KEY_ID: StringConstraint = { type: 'string', minLength: 1, maxLength: 2048, pattern: /^.+$/ };

export const NEXT_TOKEN: StringConstraint = {
  type: 'string',
  minLength: 0,
  maxLength: 1024,
  pattern: /^[a-zA-Z0-9+/=]*$/,
};

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const TAG_KEY: StringConstraint = { type: 'string', minLength: 1, maxLength: 128, pattern: TAG_TEXT };

export const TAG_VALUE: StringConstraint = { type: 'string', minLength: 0, maxLength: 256, pattern: TAG_TEXT };

/** The two members that name a stream; which of them must be there is `resolveStream`'s business. */
export const STREAM_ADDRESS: { readonly StreamName: StringConstraint; readonly StreamARN: StringConstraint } = {
  StreamName: NAME,
  StreamARN: ARN,
};
