import { inspect } from 'node:util';
import { Secret } from '../../src/db/secret.ts';

/** Keys that are easy to find again in any output. */
export const openAiCanary = 'sk-proj-CANARYopenai0123456789abcdefWXYZ';
export const googleCanary = 'AIzaSyCANARYgoogle0123456789abcdefgWXYZ';
export const runwayCanary = 'key_CANARYrunway0123456789abcdef0123456789abcdef';
/** A key of no vendor's form. Only a literal search can find it. */
export const plainCanary = 'canary/plain+0123456789=abcdef';

export const openAiKey = new Secret(openAiCanary);
export const googleKey = new Secret(googleCanary);
export const runwayKey = new Secret(runwayCanary);

/** Everything that a log, a debugger or a message could show of a value, including properties that are not enumerable. */
export function everythingShownOf(value: unknown): string {
  const shown = inspect(value, {
    depth: 12,
    showHidden: true,
    getters: true,
    maxStringLength: null,
    maxArrayLength: null,
  });
  const text = value instanceof Error ? [value.message, value.stack, String(value)] : [String(value)];
  return [shown, JSON.stringify(value), ...text].join('\n');
}
