/** An error answer of Discord. */
export class Refused extends Error {
  readonly status: 400 | 401 | 403 | 404 | 413;
  readonly code: number;

  constructor(status: Refused['status'], code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
