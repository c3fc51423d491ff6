import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import type { Medium } from './runShape.ts';

/**
 * An image or a clip as large as the window allows. Escape or a press anywhere closes it, except on a clip, and the focus returns to
 * where it was opened.
 */
export function Lightbox({ medium, alt, onClose }: { medium: Medium; alt: string; onClose: () => void }): VNode {
  const { words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  // The browser restores the focus when a dialog is closed, but not when it is removed from the page.
  const close = () => dialog.current?.close();
  useEffect(() => dialog.current?.showModal(), []);
  const download = medium.kind === 'video' ? words.downloadVideo : words.downloadImage;
  const keep = (event: Event) => event.stopPropagation();
  return html`<dialog ref=${dialog} class="lightbox" aria-label=${alt} onClose=${onClose} onClick=${close}>
    ${
      medium.kind === 'video'
        ? html`<video src=${medium.url} aria-label=${alt} width=${medium.width} height=${medium.height} controls autoplay loop playsinline onClick=${keep} />`
        : html`<img src=${medium.url} alt=${alt} width=${medium.width} height=${medium.height} />`
    }
    <div class="lightbox-bar">
      <a class="icon-button" href=${medium.downloadUrl} download aria-label=${download} title=${download} onClick=${keep}>
        ${icon('download')}
      </a>
      <button type="button" class="icon-button" aria-label=${words.close} title=${words.close} autofocus>${icon('cross')}</button>
    </div>
  </dialog>`;
}
