import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import type { Medium } from './runShape.ts';

/** An image as large as the window allows. Escape, and a press anywhere, close it and lead back to where it was opened. */
export function Lightbox({ medium, alt, onClose }: { medium: Medium; alt: string; onClose: () => void }): VNode {
  const { words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  // The browser gives the focus back to where it was when a dialog is closed; when it is taken out of the page, it does not.
  const close = () => dialog.current?.close();
  useEffect(() => dialog.current?.showModal(), []);
  const keep = (event: Event) => event.stopPropagation();
  return html`<dialog ref=${dialog} class="lightbox" aria-label=${alt} onClose=${onClose} onClick=${close}>
    <img src=${medium.url} alt=${alt} width=${medium.width} height=${medium.height} />
    <div class="lightbox-bar">
      <a class="icon-button" href=${medium.downloadUrl} download aria-label=${words.downloadImage} title=${words.downloadImage} onClick=${keep}>
        ${icon('download')}
      </a>
      <button type="button" class="icon-button" aria-label=${words.close} title=${words.close} autofocus>${icon('cross')}</button>
    </div>
  </dialog>`;
}
