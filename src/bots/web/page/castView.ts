import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { z } from 'zod';
import type { castChanged, castEntry, castList } from '../contract/cast.ts';
import { useAnswer } from './answers.ts';
import { Away } from './away.ts';
import { CastForm } from './castForm.ts';
import { Dialog } from './dialog.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { lateWords } from './words.ts';

type Listed = z.infer<typeof castList>;
type Entry = z.infer<typeof castEntry>;

/** The characters and things that look the same in every image of the workspace. */
export function Cast(): VNode {
  const { api, words, tell, notify } = usePage();
  const [changes, setChanges] = useState(0);
  const { body, isAway } = useAnswer<Listed>('/api/cast', changes);
  const [isAdding, setIsAdding] = useState(false);
  const [removing, setRemoving] = useState<Entry | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const reload = (detail: string) => {
    notify('good', detail);
    setChanges((count) => count + 1);
  };
  const remove = async ({ name }: Entry) => {
    if (isBusy) return;
    setIsBusy(true);
    const answer = await api.send<z.infer<typeof castChanged>>('DELETE', `/api/cast/${encodeURIComponent(name)}`);
    setIsBusy(false);
    setRemoving(null);
    if (tell(answer)) reload(answer.body.detail);
  };
  const { cast: said } = lateWords();
  const entries = body?.cast ?? [];
  return html`<div class="cast-page">
    <div class="page-head">
      <div><h1>${words.views.cast}</h1><p class="quiet">${said.intro}</p></div>
      ${body?.mayAdd && html`<button type="button" class="button primary" onClick=${() => setIsAdding(true)}>${icon('cast')}${said.add}</button>`}
    </div>
    ${isAway && html`<${Away} />`}
    ${body && entries.length === 0 && html`<div class="empty"><p>${said.empty}</p></div>`}
    ${body && entries.length > 0 && html`<p class="quiet">${said.count(entries.length, body.max)}</p>`}
    <ul class="cast-list">
      ${entries.map((entry) => html`<${Card} key=${entry.name} entry=${entry} onRemove=${() => setRemoving(entry)} />`)}
    </ul>
    ${
      isAdding &&
      html`<${CastForm} onClose=${() => setIsAdding(false)} onAdded=${(detail: string) => {
        setIsAdding(false);
        reload(detail);
      }} />`
    }
    ${
      removing &&
      html`<${Dialog} title=${said.removeTitle(removing.name)} confirm=${said.remove} tone="danger" isBusy=${isBusy} onConfirm=${() => remove(removing)} onClose=${() => setRemoving(null)}>
        <p>${said.removeText}</p>
      </${Dialog}>`
    }
  </div>`;
}

function Card({ entry, onRemove }: { entry: Entry; onRemove: () => void }): VNode {
  const { name, kind, description, addedBy, images, mayRemove } = entry;
  return html`<li class="card cast-card">
    <div class="cast-images">
      ${images.map(({ thumbnailUrl, width, height }, at) => html`<img key=${at} src=${thumbnailUrl} alt=${lateWords().cast.pictureOf(name, at + 1)} width=${width} height=${height} loading="lazy" decoding="async" />`)}
    </div>
    <h2>@${name}</h2>
    <p>${description}</p>
    <p class="quiet">${lateWords().cast.kinds[kind]} · ${lateWords().cast.addedBy(addedBy)}</p>
    ${mayRemove && html`<button type="button" class="icon-button" aria-label=${lateWords().cast.removeTitle(name)} title=${lateWords().cast.remove} onClick=${onRemove}>${icon('delete')}</button>`}
  </li>`;
}
