import { inspect } from 'node:util';

/**
 * A value that must never be shown. A template, JSON, `console` and an error's message or properties all print it as `[secret]`.
 * Only {@link Secret.reveal} returns the value. Call it only where the value is sent to its vendor.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
