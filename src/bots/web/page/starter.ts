import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { Run } from '../contract/run.ts';
import type { started } from '../contract/runActions.ts';
import { pressKey, type Refusal } from './api.ts';
import { Dialog } from './dialog.ts';
import { ExtendDialog } from './extendDialog.ts';
import { usePage } from './page.ts';
import { type Asking, isAsking, priceOf, type Starting } from './runAction.ts';
import { WordsDialog } from './wordsDialog.ts';

type Started = z.infer<typeof started>;
/**
 * A run to start. `step`: the number of the step whose image it is about. `seconds`: by how many an extension makes the film longer, if
 * not by as many as usual.
 */
type Wish = { action: Starting; step?: number; prompt?: string; seconds?: number };

/** Starts runs from a run, for all of its buttons. `dialog` is what it asks meanwhile. */
export type Starter = {
  busy: Starting | null;
  press: (action: Starting, step?: number) => void;
  /** Asks by how many seconds the film becomes longer. */
  askLength: () => void;
  labelOf: (action: Starting) => string;
  dialog: VNode | null;
};

/** The last part of the address that an action is sent to, if it is another one than the action's name. */
const pathOf: Partial<Record<Starting, string>> = { edit: 'again', lastFrame: 'last-frame' };

export function useStarter(run: Run): Starter {
  const { api, live, words, tell, go } = usePage();
  const [busy, setBusy] = useState<Starting | null>(null);
  const [asked, setAsked] = useState<{ action: Asking; step?: number } | 'length' | null>(null);
  const [dearer, setDearer] = useState<{ wish: Wish; refusal: Refusal } | null>(null);
  const [impossible, setImpossible] = useState<Refusal | null>(null);
  const keys = useRef(new Map<string, string>());

  /**
   * Starts a run for at most the price on the button. Without a price it sends 0, and the refusal then names the price. A press
   * keeps its key until it is answered.
   */
  const begin = async (wish: Wish, maxCredits: number) => {
    if (busy) return;
    setBusy(wish.action);
    const { action, ...body } = wish;
    const name = JSON.stringify(wish);
    const key = keys.current.get(name) ?? pressKey();
    keys.current.set(name, key);
    const path = `/api/workflows/${run.id}/${pathOf[action] ?? action}?maxCredits=${maxCredits}`;
    const answer = await api.send<Started>('POST', path, { key, ...(action !== 'continue' && { body }) });
    setBusy(null);
    if (answer.ok || answer.refusal.status !== 0) keys.current.delete(name);
    const isDearer = !answer.ok && answer.refusal.reason === 'costs_more';
    setDearer(isDearer ? { wish, refusal: answer.refusal } : null);
    if (isDearer) return setAsked(null);
    if (!answer.ok && asked === 'length' && answer.refusal.reason === 'unsupported')
      return setImpossible(answer.refusal);
    if (!tell(answer)) return;
    live.keep(answer.body.run);
    go(`/runs/${answer.body.run.id}`);
  };
  const press = (action: Starting, step?: number) => {
    if (isAsking(action)) return setAsked({ action, ...(step !== undefined && { step }) });
    begin({ action, ...(step !== undefined && { step }) }, priceOf(run, action) ?? 0);
  };
  const nameOf = ({ action, seconds }: Pick<Wish, 'action' | 'seconds'>): string =>
    seconds === undefined ? words.actions[action] : words.extendBy(seconds);
  const labelOf = (action: Starting): string => {
    const seconds = action === 'extend' ? (run.prices?.extendSeconds ?? undefined) : undefined;
    const name = nameOf({ action, ...(seconds !== undefined && { seconds }) });
    const price = priceOf(run, action);
    // A form tells its price itself.
    return price === null || isAsking(action) ? name : words.priced(name, price);
  };
  /** Only the usual length has a known price. For another one the server names it before anything is charged. */
  const extend = (seconds: number) =>
    begin({ action: 'extend', seconds }, seconds === run.prices?.extendSeconds ? (run.prices.extend ?? 0) : 0);
  return { busy, press, askLength: () => setAsked('length'), labelOf, dialog: dialogOf() };

  function dialogOf(): VNode | null {
    const isBusy = busy !== null;
    if (dearer) {
      const price = dearer.refusal.credits ?? 0;
      return html`<${Dialog} title=${dearer.refusal.title} confirm=${words.priced(nameOf(dearer.wish), price)} isBusy=${isBusy} onConfirm=${() => begin(dearer.wish, price)} onClose=${() => setDearer(null)}>
        <p>${dearer.refusal.detail}</p>
      </${Dialog}>`;
    }
    if (asked === null) return null;
    const close = () => setAsked(null);
    if (asked === 'length') {
      const usual = { seconds: run.prices?.extendSeconds ?? null, price: run.prices?.extend ?? null };
      return html`<${ExtendDialog} usual=${usual} refusal=${impossible && { detail: impossible.detail, allowed: impossible.allowed ?? [] }} isBusy=${isBusy} onExtend=${extend} onClose=${close} />`;
    }
    const { action } = asked;
    const price = priceOf(run, action);
    return html`<${WordsDialog} key=${action} action=${action} first=${action === 'edit' || action === 'remix' ? run.prompt : ''} price=${price} isBusy=${isBusy} onSay=${(prompt: string) => begin({ ...asked, prompt }, price ?? 0)} onClose=${close} />`;
  }
}
