import { classifyStatus, messageIn } from '../http.ts';
import { ProviderError } from '../provider.ts';
import type { Fault, Rejection } from '../providerCall.ts';

/** Maps an error answer of Runway to our taxonomy. It has no 402: an empty account is a bad request, and so are refused words. */
export function classify(rejection: Rejection): Fault {
  const { status, body } = rejection;
  const message = messageIn(body);
  if (status === 400 && /\bcredits?\b/i.test(message)) {
    return { kind: 'quota', detail: 'The Runway account behind the key has no credit left.', nothingGenerated: true };
  }
  if (status === 400 && /\b(moderat\w+|content polic\w+|safety)\b/i.test(message)) {
    return {
      kind: 'refused',
      detail: `Runway's safety system did not allow this. ${message}`,
      nothingGenerated: false,
    };
  }
  if (status === 429 && /\b(daily|per day|24 hours)\b/i.test(message)) {
    const detail = 'The Runway account behind the key has made all that it may make in a day.';
    return { kind: 'quota', detail, nothingGenerated: true };
  }
  return classifyStatus('Runway', rejection);
}

/**
 * The failure of a task. Source of the codes: Runway's page on task failures. Its words are not for members, so only the code is
 * shown. Whether it was charged depends on the code, so it may have cost money.
 */
export function failureOfTask(code: string): ProviderError {
  if (/\bSAFETY\b/.test(code)) {
    return new ProviderError('refused', `Runway's safety system did not allow this (${code}).`);
  }
  if (code.startsWith('ASSET.')) {
    return new ProviderError('invalid_request', `Runway could not use the picture (${code}).`);
  }
  return new ProviderError('no_output', `Runway could not make it (${code === '' ? 'without a reason' : code}).`);
}
