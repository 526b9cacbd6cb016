/** The error that the web platform aborts with. Source: WebIDL §2.8.1, without the legacy codes. */
export class DOMException extends Error {
  override readonly name: string;

  constructor(message = '', name = 'Error') {
    super(message);
    this.name = name;
  }
}
