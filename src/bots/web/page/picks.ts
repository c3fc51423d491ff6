import type { Offered } from './offer.ts';

type Kind = Offered['steps'][number]['kind'];

/** The models that the member has chosen, by the kind of step. VidGenie chooses for the others. */
export type Picks = { readonly [Step in Kind]?: string };

export const pickKinds = ['enhance', 'image', 'video'] as const satisfies readonly Kind[];

const nameFor = (workspace: string): string => `models ${workspace}`;
const id = /^[!-~]{1,120}$/;

/** The member's last choice in a workspace. */
export function remembered(workspace: string): Picks {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(nameFor(workspace)) ?? '');
    const found: unknown[][] = pickKinds.map((kind) => [kind, Reflect.get(Object(kept), kind)]);
    return Object.fromEntries(found.filter(([, model]) => typeof model === 'string' && id.test(model)));
  } catch {
    return {};
  }
}

export const remember = (workspace: string, picks: Picks): void =>
  localStorage.setItem(nameFor(workspace), JSON.stringify(picks));

/** Models as a part of an address, after `mark`. */
export const modelsIn = (mark: '?' | '&', models: readonly string[]): string =>
  models.length === 0 ? '' : `${mark}models=${models.map(encodeURIComponent).join()}`;
