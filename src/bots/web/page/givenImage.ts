import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useState } from 'preact/hooks';
import { icon } from './icons.ts';
import type { Offer } from './offer.ts';
import { usePage } from './page.ts';

/** An image from the member, in the form in which it is sent and shown. */
export type GivenImage = { dataUrl: string; width: number; height: number };

export const imageTypes = ['image/png', 'image/jpeg', 'image/webp'];

type Reading = { outcome: 'read'; image: GivenImage } | { outcome: 'not_an_image' | 'too_heavy' | 'too_large' };

/** Reads an image in the browser, and checks what the server would refuse. */
export async function readImage(file: File, { maxBytes, maxSide }: Offer['image']): Promise<Reading> {
  if (!imageTypes.includes(file.type)) return { outcome: 'not_an_image' };
  if (file.size > maxBytes) return { outcome: 'too_heavy' };
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return { outcome: 'not_an_image' };
  const { width, height } = bitmap;
  bitmap.close();
  if (Math.max(width, height) > maxSide) return { outcome: 'too_large' };
  const reader = new FileReader();
  const loaded = new Promise<string>((resolve, reject) => {
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = reject;
  });
  reader.readAsDataURL(file);
  return { outcome: 'read', image: { dataUrl: await loaded, width, height } };
}

const imageIn = (list: FileList | undefined | null): File | null =>
  [...(list ?? [])].find(({ type }) => type.startsWith('image/')) ?? null;

/** The use of an image: the run continues from the `given` one, and its images follow the `reference`. */
type Use = 'given' | 'reference';

/** Takes images that the member drops or pastes anywhere on the page, and passes on those that can be used. */
export function useGivenImages(limits: Offer['image'] | undefined, onGiven: (image: GivenImage, use: Use) => void) {
  const { words, notify } = usePage();
  const [isOver, setIsOver] = useState(false);
  // A member may give an image before the page knows the limits. We keep it until they are loaded.
  const [waiting, setWaiting] = useState<{ file: File; use: Use } | null>(null);
  const take = (file: File | null, use: Use) => {
    if (file) setWaiting({ file, use });
  };
  useEffect(() => {
    if (!waiting || !limits) return;
    setWaiting(null);
    const { file, use } = waiting;
    readImage(file, limits).then((reading) => {
      if (reading.outcome === 'read') onGiven(reading.image, use);
      else notify('bad', words.image[reading.outcome]);
    });
  }, [waiting, limits]);
  // This runs before the page is painted, so that the page never ignores a dropped file.
  useLayoutEffect(() => {
    const carriesFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      setIsOver(false);
      const isReference = event.target instanceof Element && event.target.closest('[data-takes=reference]') !== null;
      take(imageIn(event.dataTransfer?.files), isReference ? 'reference' : 'given');
    };
    const paste = (event: ClipboardEvent) => {
      const file = imageIn(event.clipboardData?.files);
      if (!file) return;
      event.preventDefault();
      take(file, 'given');
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    document.addEventListener('paste', paste);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
      document.removeEventListener('paste', paste);
    };
  }, []);
  return { isOver, take };
}

type Given = { image: GivenImage | null; isOver: boolean; onTake: (file: File | null) => void; onRemove: () => void };

/** Lets the member choose an image, and then shows it. */
export function ImageField({ image, isOver, onTake, onRemove }: Given): VNode {
  const { words } = usePage();
  const id = useId();
  const choose = (event: Event & { currentTarget: HTMLInputElement }) => {
    onTake(imageIn(event.currentTarget.files));
    event.currentTarget.value = '';
  };
  if (image) {
    return html`<figure class="given">
      <img src=${image.dataUrl} width=${image.width} height=${image.height} alt=${words.image.yours} />
      <button type="button" class="icon-button" aria-label=${words.image.remove} title=${words.image.remove} onClick=${onRemove}>
        ${icon('cross')}
      </button>
    </figure>`;
  }
  return html`<label class="drop ${isOver ? 'over' : ''}" for=${id}>
    <input id=${id} type="file" accept=${imageTypes.join(',')} onChange=${choose} />
    ${icon('image')}<span><strong>${words.image.choose}</strong> ${words.image.orDrop}</span>
  </label>`;
}

type Referred = {
  image: GivenImage | null;
  /** How many pictures the model of the images can follow, and its maker. */
  max: number;
  maker: string;
  onTake: (file: File | null) => void;
  onRemove: () => void;
};

/** Lets the member choose an image that the run follows, and then shows it. An image that is dropped on it is taken as well. */
export function ReferenceField({ image, max, maker, onTake, onRemove }: Referred): VNode {
  const { words } = usePage();
  const id = useId();
  const choose = (event: Event & { currentTarget: HTMLInputElement }) => {
    onTake(imageIn(event.currentTarget.files));
    event.currentTarget.value = '';
  };
  if (max === 0) return html`<p class="reference-slot why">${words.cannot(words.image.reference, maker)}</p>`;
  if (image) {
    return html`<div class="reference-slot given" data-takes="reference">
      <img src=${image.dataUrl} width=${image.width} height=${image.height} alt=${words.image.reference} />
      <span>${words.image.reference}</span>
      <button type="button" class="icon-button" aria-label=${words.image.removeReference} title=${words.image.removeReference} onClick=${onRemove}>${icon('cross')}</button>
    </div>`;
  }
  return html`<label class="drop reference-slot" for=${id} data-takes="reference">
    <input id=${id} type="file" accept=${imageTypes.join(',')} onChange=${choose} />
    ${icon('image')}<span>${words.image.addReference}</span>
  </label>`;
}
