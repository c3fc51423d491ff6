import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { icon } from './icons.ts';
import { Lightbox } from './lightbox.ts';
import { usePage } from './page.ts';
import type { Medium, Step } from './runShape.ts';
import { useVeil, Veil } from './veil.ts';

/** An address is renewed every hour. A medium that is already shown keeps its first one. */
function useFirst<Value>(value: Value): Value {
  const [first] = useState(value);
  return first;
}

type Shown = { medium: Medium; ratio: number; alt: string; isLarge?: boolean };

/** An image. A press on it opens it in full. */
export function Picture({ medium, ratio, alt, isLarge = false }: Shown): VNode {
  const { words } = usePage();
  const [isOpen, setIsOpen] = useState(false);
  const { isVeiled, reveal } = useVeil(medium);
  const url = useFirst(isLarge ? medium.url : (medium.previewUrl ?? medium.url));
  return html`<div class="frame" style=${{ '--ratio': ratio }}>
    <button type="button" class="open-whole" title=${words.openImage} onClick=${() => setIsOpen(true)}>
      <img class=${isVeiled ? 'veiled' : ''} src=${url} alt=${alt} width=${medium.width} height=${medium.height} decoding="async" />
    </button>
    ${isVeiled && html`<${Veil} medium=${medium} onReveal=${reveal} />`}
    <a class="icon-button save" href=${medium.downloadUrl} download aria-label=${words.downloadImage} title=${words.downloadImage}>${icon('download')}</a>
    ${isOpen && html`<${Lightbox} medium=${medium} alt=${alt} onClose=${() => setIsOpen(false)} />`}
  </div>`;
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');

type Playing = { medium: Medium; ratio: number; label: string; playsAtOnce: boolean };

export function Film({ medium, ratio, label, playsAtOnce }: Playing): VNode {
  const { words } = usePage();
  const { isVeiled, reveal } = useVeil(medium);
  const url = useFirst(medium.url);
  const poster = useFirst(medium.previewUrl);
  // A flagged film is not loaded before somebody asks to see it.
  if (isVeiled)
    return html`<div class="frame" style=${{ '--ratio': ratio }}>
      ${poster !== null && html`<img class="veiled" src=${poster} alt="" />`}
      <${Veil} medium=${medium} onReveal=${reveal} />
    </div>`;
  // The still image stays beneath the video for the moment between the poster and the first frame.
  return html`<div class="frame" style=${{ '--ratio': ratio }}>
    ${poster !== null && html`<img src=${poster} alt="" />`}
    <video
      src=${url}
      poster=${poster ?? undefined}
      aria-label=${label}
      width=${medium.width}
      height=${medium.height}
      controls
      loop
      muted
      playsinline
      autoplay=${playsAtOnce && !calm.matches}
      preload="auto"
    />
    <a class="icon-button save" href=${medium.downloadUrl} download aria-label=${words.downloadVideo} title=${words.downloadVideo}>${icon('download')}</a>
  </div>`;
}

type Small = { medium: Medium; ratio: number; label: string; showsOwnFrame: boolean };

/**
 * A small image, or the still image of a clip, which plays while the pointer is over it. A press opens it in full.
 * `showsOwnFrame`: the clip's own first frame instead of its still image.
 */
export function Thumb({ medium, ratio, label, showsOwnFrame }: Small): VNode {
  const [isOpen, setIsOpen] = useState(false);
  const [isNear, setIsNear] = useState(false);
  const { isVeiled, reveal } = useVeil(medium);
  const url = useFirst(medium.url);
  const still = useFirst(medium.thumbnailUrl);
  const isVideo = medium.kind === 'video';
  const frame = `${url}#t=0.1`;
  return html`<div class="frame" style=${{ '--ratio': ratio }}>
    <button type="button" class="open-whole" aria-label=${label} onClick=${isVeiled ? reveal : () => setIsOpen(true)} onMouseEnter=${() => setIsNear(true)} onMouseLeave=${() => setIsNear(false)}>
      ${
        isVideo && showsOwnFrame && !isVeiled
          ? html`<video src=${frame} muted playsinline preload="metadata" aria-hidden="true" tabindex="-1" />`
          : still !== null &&
            html`<img class=${isVeiled ? 'veiled' : ''} src=${still} alt="" width=${medium.width} height=${medium.height} decoding="async" />`
      }
      ${isVideo && isNear && !isVeiled && !calm.matches && html`<video src=${url} muted loop playsinline autoplay aria-hidden="true" tabindex="-1" />`}
      ${isVideo && html`<span class="badge">${icon('play')}</span>`}
    </button>
    ${isOpen && html`<${Lightbox} medium=${medium} alt=${label} onClose=${() => setIsOpen(false)} />`}
  </div>`;
}

type Coming = { ratio: number; step: Step; from: Medium | undefined; said: string };

/** A placeholder for an image or a video, in its final size. A video's placeholder shows its start image. */
export function Developing({ ratio, step, from, said }: Coming): VNode {
  const still = useFirstThere(from?.previewUrl ?? null);
  return html`<div class="frame developing ${step.state}" style=${{ '--ratio': ratio, '--done': step.percent / 100 }}>
    ${still !== null && html`<img src=${still} alt="" />`}
    ${said !== '' && html`<span>${said}</span>`}
  </div>`;
}

/** Returns the first non-null value of one that arrives late and is renewed afterwards. */
function useFirstThere<Value>(value: Value | null): Value | null {
  const [first, setFirst] = useState(value);
  if (first === null && value !== null) setFirst(() => value);
  return first ?? value;
}
