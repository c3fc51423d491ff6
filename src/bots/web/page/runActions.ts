import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { Run } from '../contract/run.ts';
import type { deleted } from '../contract/runActions.ts';
import type { Refusal } from './api.ts';
import { Dialog } from './dialog.ts';
import { type IconName, icon } from './icons.ts';
import { Menu } from './menu.ts';
import { usePage } from './page.ts';
import { type Action, isAsking, isOffered, priceOf, type Starting } from './runAction.ts';
import { isBoard, isOver } from './runShape.ts';
import type { Starter } from './starter.ts';
import { lateWords } from './words.ts';

/** The actions that start a run, the most useful ones first. The others are in a menu, so that the row fits beside
 * the title and nothing moves when a run is over. */
const starting: readonly Starting[] = [
  'continue',
  'again',
  'edit',
  'animate',
  'extend',
  'change',
  'reanimate',
  'lastFrame',
  'ending',
  'vary',
  'better',
  'remix',
];
const maxBeside = 3;

function iconOf(action: Starting): IconName {
  switch (action) {
    case 'better':
      return 'make';
    case 'change':
      return 'enhance';
    case 'reanimate':
      return 'play';
    case 'lastFrame':
      return 'continue';
    case 'ending':
      return 'join';
    case 'vary':
      return 'gallery';
    case 'again':
    case 'edit':
    case 'animate':
    case 'remix':
    case 'extend':
    case 'continue':
      return action;
  }
}

/** The actions that stand at each image, if there are several to choose from. */
const ofImages: readonly Action[] = ['animate', 'vary', 'better', 'change'];

/** The actions that the member can take on a run now. */
export function RunActions({ run, starter }: { run: Run; starter: Starter }): VNode {
  const { api, live, words, tell, notify, go } = usePage();
  const [isBusy, setIsBusy] = useState(false);
  const [asking, setAsking] = useState<'delete' | 'copy' | null>(null);
  const [stopping, setStopping] = useState<Refusal | null>(null);
  const isHeld = isBusy || starter.busy !== null;

  const during = async (work: () => Promise<void>) => {
    if (isHeld) return;
    setIsBusy(true);
    await work();
    setIsBusy(false);
  };
  /**
   * Cancels for at most the accepted price. The first try accepts 0, so that the refusal names the price. That price may have
   * risen by the time the member confirms.
   */
  const stop = (maxCredits: number) =>
    during(async () => {
      const answer = await api.send('POST', `/api/workflow/cancel/${run.id}?maxCredits=${maxCredits}`);
      const isAsked = !answer.ok && answer.refusal.reason === 'stop_costs';
      setStopping(isAsked ? answer.refusal : null);
      if (!isAsked) tell(answer);
    });
  const remove = () =>
    during(async () => {
      const answer = await api.send<z.infer<typeof deleted>>('DELETE', `/api/workflows/${run.id}`);
      setAsking(null);
      if (!tell(answer)) return;
      notify('good', answer.body.detail);
      live.forget(run.id);
      go('/');
    });
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
  const able = starting.filter((action) => isOffered(run, action) && !(isBoard(run) && ofImages.includes(action)));
  const [beside, inMenu] = [able.slice(0, maxBeside), able.slice(maxBeside)];
  const labelOf = (action: Starting) =>
    action === 'again' && run.workflow === 'complete' && run.options.frames > 1
      ? words.newFrames(priceOf(run, action))
      : starter.labelOf(action);
  const button = (action: Starting) =>
    html`<button key=${action} type="button" class="button" disabled=${isHeld} aria-haspopup=${isAsking(action) ? 'dialog' : undefined} onClick=${() => starter.press(action)}>
      ${icon(iconOf(action))}${labelOf(action)}
    </button>`;
  return html`<div class="buttons run-actions">
    ${isOver(run) && run.downloadUrl !== null && html`<a class="button primary" href=${run.downloadUrl} download>${icon('download')}${words.download}</a>`}
    ${beside.map((action) =>
      action === 'extend'
        ? html`<span key=${action} class="joined">${button(action)}
            <button class="button" aria-label=${lateWords().extension.other} title=${lateWords().extension.other} disabled=${isHeld} onClick=${starter.askLength}>${icon('more')}</button>
          </span>`
        : button(action),
    )}
    ${
      run.actions.includes('cancel') &&
      html`<button class="button" disabled=${isHeld || run.stopping} onClick=${() => stop(0)}>${icon('cancel')}${words.actions.cancel}</button>`
    }
    ${inMenu.length > 0 && html`<${Menu} label=${words.moreActions}>${inMenu.map(button)}</${Menu}>`}
    ${run.threadUrl !== null && html`<button class="button" onClick=${() => copyThread(run.threadUrl ?? '')}>${icon('link')}${words.copyThread}</button>`}
    ${
      run.actions.includes('delete') &&
      html`<button class="icon-button" aria-label=${words.actions.delete} title=${words.actions.delete} onClick=${() => setAsking('delete')}>${icon('delete')}</button>`
    }
    ${starter.dialog}
    ${
      stopping &&
      html`<${Dialog} title=${stopping.title} confirm=${lateWords().stop.confirm} close=${lateWords().stop.keep} tone="danger" isBusy=${isHeld} onConfirm=${() => stop(stopping.credits ?? 0)} onClose=${() => setStopping(null)}>
        <p>${stopping.detail}</p>
      </${Dialog}>`
    }
    ${
      asking === 'delete' &&
      html`<${Dialog} title=${lateWords().remove.title} confirm=${words.actions.delete} tone="danger" isBusy=${isHeld} onConfirm=${remove} onClose=${() => setAsking(null)}>
        <p>${lateWords().remove.text}</p>
      </${Dialog}>`
    }
    ${
      asking === 'copy' &&
      html`<${Dialog} title=${lateWords().byHand.title} onClose=${() => setAsking(null)}>
        <label class="stacked">${lateWords().byHand.text}<input type="url" readonly value=${run.threadUrl} onFocus=${select} /></label>
      </${Dialog}>`
    }
  </div>`;
}
