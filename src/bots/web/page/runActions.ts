import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { deleted, Run, started } from '../contract.ts';
import { pressKey, type Refusal } from './api.ts';
import { Dialog } from './dialog.ts';
import { type IconName, icon } from './icons.ts';
import { usePage } from './page.ts';
import { PromptField } from './promptField.ts';
import { isOver } from './runShape.ts';

type Started = z.infer<typeof started>;
type Action = Run['actions'][number];
type Start = 'again' | 'edit' | 'animate';

const maxPromptLength = 4000;

/** The actions that the member can take on a run now. */
export function RunActions({ run }: { run: Run }): VNode {
  const { api, live, words, tell, notify, go } = usePage();
  const [busy, setBusy] = useState<Action | null>(null);
  const [asking, setAsking] = useState<'edit' | 'delete' | 'copy' | null>(null);
  const [stopping, setStopping] = useState<Refusal | null>(null);
  const [dearer, setDearer] = useState<{ action: Start; refusal: Refusal } | null>(null);
  const [prompt, setPrompt] = useState(run.prompt);
  const prices = run.prices ?? { again: null, animate: null };
  const keys = useRef(new Map<string, string>());

  const during = async (action: Action, work: () => Promise<void>) => {
    if (busy) return;
    setBusy(action);
    await work();
    setBusy(null);
  };
  /**
   * Starts a run for at most the price on the button. Without a price it sends 0, and the refusal then names the price. A press
   * keeps its key until it is answered.
   */
  const begin = (action: Start, maxCredits: number) =>
    during(action, async () => {
      const body = action === 'animate' ? undefined : action === 'edit' ? { prompt } : {};
      const wish = `${action} ${JSON.stringify(body)}`;
      const key = keys.current.get(wish) ?? pressKey();
      keys.current.set(wish, key);
      const path = `/api/workflows/${run.id}/${action === 'animate' ? 'animate' : 'again'}?maxCredits=${maxCredits}`;
      const answer = await api.send<Started>('POST', path, { key, ...(body && { body }) });
      if (answer.ok || answer.refusal.status !== 0) keys.current.delete(wish);
      const isAsked = !answer.ok && answer.refusal.reason === 'costs_more';
      setDearer(isAsked ? { action, refusal: answer.refusal } : null);
      if (isAsked) return setAsking(null);
      if (!tell(answer)) return;
      live.keep(answer.body.run);
      go(`/runs/${answer.body.run.id}`);
    });
  /**
   * Cancels for at most the accepted price. The first try accepts 0, so that the refusal names the price. That price may have
   * risen by the time the member confirms.
   */
  const stop = (maxCredits: number) =>
    during('cancel', async () => {
      const answer = await api.send('POST', `/api/workflow/cancel/${run.id}?maxCredits=${maxCredits}`);
      const isAsked = !answer.ok && answer.refusal.reason === 'stop_costs';
      setStopping(isAsked ? answer.refusal : null);
      if (!isAsked) tell(answer);
    });
  const remove = () =>
    during('delete', async () => {
      const answer = await api.send<z.infer<typeof deleted>>('DELETE', `/api/workflows/${run.id}`);
      setAsking(null);
      if (!tell(answer)) return;
      notify('good', answer.body.detail);
      live.forget(run.id);
      go('/');
    });
  const acts: Record<Action, () => void> = {
    cancel: () => stop(0),
    again: () => begin('again', prices.again ?? 0),
    edit: () => setAsking('edit'),
    animate: () => begin('animate', prices.animate ?? 0),
    delete: () => setAsking('delete'),
  };
  const copyThread = async (url: string) => {
    try {
      await navigator.clipboard.writeText(url);
      notify('good', words.copied);
    } catch {
      // The clipboard refused, or it does not exist: browsers give none to a page without TLS.
      setAsking('copy');
    }
  };
  const select = (event: Event & { currentTarget: HTMLInputElement }) => event.currentTarget.select();
  const able = run.actions.filter((action) => action !== 'delete');
  const editPrice = prices.again ?? run.priceCredits;
  const labelOf = (action: Action): string => {
    const price = action === 'again' || action === 'animate' ? prices[action] : null;
    return price === null ? words.actions[action] : words.priced(words.actions[action], price);
  };
  const button = (action: Action, symbol: IconName) =>
    html`<button key=${action} class="button" disabled=${busy !== null || (action === 'cancel' && run.stopping)} onClick=${acts[action]}>
      ${icon(symbol)}${labelOf(action)}
    </button>`;
  return html`<div class="buttons run-actions">
    ${isOver(run) && run.downloadUrl !== null && html`<a class="button primary" href=${run.downloadUrl} download>${icon('download')}${words.download}</a>`}
    ${able.map((action) => button(action, action))}
    ${run.threadUrl !== null && html`<button class="button" onClick=${() => copyThread(run.threadUrl ?? '')}>${icon('link')}${words.copyThread}</button>`}
    ${
      run.actions.includes('delete') &&
      html`<button class="icon-button" aria-label=${words.actions.delete} title=${words.actions.delete} onClick=${acts.delete}>${icon('delete')}</button>`
    }
    ${
      stopping &&
      html`<${Dialog} title=${stopping.title} confirm=${words.stop.confirm} close=${words.stop.keep} tone="danger" isBusy=${busy !== null} onConfirm=${() => stop(stopping.credits ?? 0)} onClose=${() => setStopping(null)}>
        <p>${stopping.detail}</p>
      </${Dialog}>`
    }
    ${
      dearer &&
      html`<${Dialog} title=${dearer.refusal.title} confirm=${words.priced(words.actions[dearer.action], dearer.refusal.credits ?? 0)} isBusy=${busy !== null} onConfirm=${() => begin(dearer.action, dearer.refusal.credits ?? 0)} onClose=${() => setDearer(null)}>
        <p>${dearer.refusal.detail}</p>
      </${Dialog}>`
    }
    ${
      asking === 'edit' &&
      html`<${Dialog} title=${words.edit.title} confirm=${words.priced(words.make, editPrice)} isBusy=${busy !== null} onConfirm=${() => begin('edit', editPrice)} onClose=${() => setAsking(null)}>
        <${PromptField} label=${words.composer.prompt} placeholder="" value=${prompt} longest=${maxPromptLength} onType=${setPrompt} onSubmit=${() => begin('edit', editPrice)} />
      </${Dialog}>`
    }
    ${
      asking === 'delete' &&
      html`<${Dialog} title=${words.remove.title} confirm=${words.actions.delete} tone="danger" isBusy=${busy !== null} onConfirm=${remove} onClose=${() => setAsking(null)}>
        <p>${words.remove.text}</p>
      </${Dialog}>`
    }
    ${
      asking === 'copy' &&
      html`<${Dialog} title=${words.byHand.title} onClose=${() => setAsking(null)}>
        <label class="stacked">${words.byHand.text}<input type="url" readonly value=${run.threadUrl} onFocus=${select} /></label>
      </${Dialog}>`
    }
  </div>`;
}
