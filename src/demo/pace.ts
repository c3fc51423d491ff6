import { type DemoFault, faultError } from './faults.ts';

/** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Does `work` and takes at least `minStepMs`, so that people can see progress. With a fault it does what the fault says. */
export async function paced<T>(
  minStepMs: number,
  fault: DemoFault | undefined,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  if (fault === 'hang') return untilAborted(signal);
  const rest = pause(minStepMs, signal);
  if (fault !== undefined) {
    await rest;
    throw faultError(fault);
  }
  const [result] = await Promise.all([work(), rest]);
  signal.throwIfAborted();
  return result;
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
