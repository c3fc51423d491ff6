import { inspect } from 'node:util';

/**
 * A value that must never be shown. However it is printed (a template, JSON, `console`, an error's message or properties) it
 * reads `[secret]`; only {@link Secret.reveal} gives the value, and it is called where the value leaves for its vendor.
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
