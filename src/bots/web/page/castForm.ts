import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { z } from 'zod';
import type { castChanged, newCastEntry } from '../contract/cast.ts';
import type { options } from '../contract/composer.ts';
import { useAnswer } from './answers.ts';
import { pressKey, type Refusal } from './api.ts';
import { keysOf } from './choiceFields.ts';
import { segments } from './controls.ts';
import { Dialog } from './dialog.ts';
import { type GivenImage, imageTypes, readImage } from './givenImage.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { lateWords } from './words.ts';

type Kind = NonNullable<z.input<typeof newCastEntry>['kind']>;

/** The server checks these again. */
const limits = { images: 4, name: 31, description: 500 } as const;

/** Asks for a new entry of the cast. A refusal stands in the form, so that nothing that was typed is lost. */
export function CastForm({ onAdded, onClose }: { onAdded: (detail: string) => void; onClose: () => void }): VNode {
  const { api, words, notify } = usePage();
  const offer = useAnswer<z.infer<typeof options>>('/api/options').body;
  const [name, setName] = useState('');
  const [kind, setKind] = useState<Kind>('character');
  const [description, setDescription] = useState('');
  const [images, setImages] = useState<readonly GivenImage[]>([]);
  const [mayUse, setMayUse] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const press = useRef({ wish: '', key: '' });
  const id = useId();
  const { cast: said } = lateWords();

  const take = async (event: Event & { currentTarget: HTMLInputElement }) => {
    const field = event.currentTarget;
    const files = [...(field.files ?? [])];
    field.value = '';
    if (!offer) return;
    for (const file of files) {
      const reading = await readImage(file, offer.image);
      if (reading.outcome === 'read') setImages((now) => [...now, reading.image].slice(0, limits.images));
      else notify('bad', words.image[reading.outcome]);
    }
  };
  const add = async () => {
    setIsBusy(true);
    const body = { name, kind, description, images: images.map(({ dataUrl }) => dataUrl), mayUse };
    // A retry of the same request after a lost answer keeps its key.
    const wish = JSON.stringify(body);
    if (press.current.wish !== wish) press.current = { wish, key: pressKey() };
    const answer = await api.send<z.infer<typeof castChanged>>('POST', '/api/cast', { body, key: press.current.key });
    setIsBusy(false);
    if (answer.ok) return onAdded(answer.body.detail);
    if (answer.refusal.status !== 0) press.current = { wish: '', key: '' };
    setRefusal(answer.refusal);
  };
  type Typed = Event & { currentTarget: HTMLInputElement | HTMLTextAreaElement };
  return html`<${Dialog} title=${said.add} confirm=${said.add} isBusy=${isBusy} onConfirm=${add} onClose=${onClose}>
    <div class="cast-form">
      <label class="stacked">${said.name}<input type="text" value=${name} maxlength=${limits.name} placeholder=${said.nameHint} autocomplete="off" autocapitalize="off" spellcheck=${false} onInput=${(event: Typed) => setName(event.currentTarget.value)} /></label>
      ${segments({ legend: said.kind, value: kind, onChoose: setKind, choices: keysOf(said.kinds).map((value) => ({ value, label: said.kinds[value] })) })}
      <div>
        <p class="quiet" id=${id}>${said.pictures(limits.images)}</p>
        <div class="cast-images" role="group" aria-labelledby=${id}>
          ${images.map(
            (image, at) => html`<figure key=${image.dataUrl.slice(-40)} class="given small">
              <img src=${image.dataUrl} width=${image.width} height=${image.height} alt=${said.picture(at + 1)} />
              <button type="button" class="icon-button" aria-label=${said.removePicture(at + 1)} onClick=${() => setImages(images.filter((one) => one !== image))}>${icon('cross')}</button>
            </figure>`,
          )}
          ${
            images.length < limits.images &&
            html`<label class="drop small"><input type="file" multiple accept=${imageTypes.join(',')} onChange=${take} />${icon('image')}<span>${words.image.choose}</span></label>`
          }
        </div>
      </div>
      <label class="stacked">${said.description}<textarea rows="2" maxlength=${limits.description} placeholder=${said.descriptionHint} value=${description} onInput=${(event: Typed) => setDescription(event.currentTarget.value)} /></label>
      <label class="tick"><input type="checkbox" checked=${mayUse} onChange=${() => setMayUse(!mayUse)} />${said.mayUse}</label>
      <p class="said bad" role="alert">${refusal && html`${icon('cross')}<span>${refusal.title}. ${refusal.detail}</span>`}</p>
    </div>
  </${Dialog}>`;
}
