import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Run } from '../contract/run.ts';
import { icon } from './icons.ts';
import { usePage } from './page.ts';
import { type Medium, ratioOf, resultOf, resultsOf } from './runShape.ts';
import { useVeil } from './veil.ts';

/** The maximal height of a row of tiles in the style sheet, in pixels, and the factor by which a tile may grow beyond it. */
const [row, growth] = [230, 1.4];

/** A run's medium in the gallery. It links to the run, and a video plays while the pointer is over it. */
export function Tile({ run }: { run: Run }): VNode | null {
  const result = resultOf(run);
  return result ? html`<${Shown} run=${run} result=${result} />` : null;
}

function Shown({ run, result }: { run: Run; result: Medium }): VNode {
  const { words } = usePage();
  const [isNear, setIsNear] = useState(false);
  const { isVeiled } = useVeil(result);
  const isVideo = result.kind === 'video';
  const ratio = ratioOf(run, result);
  // The part of the link's name that adds to its visible text.
  const kind = isVideo ? words.nodes.video : words.nodes.image;
  const images = resultsOf(run).filter((medium) => medium.kind === 'image').length;
  const { thumbnailUrl, previewUrl } = result;
  return html`<li class="tile" style=${{ '--ratio': ratio }}>
    <a href="/runs/${run.id}" onMouseEnter=${() => setIsNear(true)} onMouseLeave=${() => setIsNear(false)}>
      <span class="tile-frame">
        ${
          thumbnailUrl !== null &&
          html`<img
            class=${isVeiled ? 'veiled' : ''}
            src=${thumbnailUrl}
            srcset=${previewUrl === null ? undefined : srcsetOf(thumbnailUrl, previewUrl, ratio)}
            sizes="auto, (max-width: 760px) 92vw, ${Math.round(row * growth * ratio)}px"
            alt=${kind}
            width=${result.width}
            height=${result.height}
            loading="lazy"
            decoding="async"
          />`
        }
        ${isVideo && isNear && !isVeiled && html`<video src=${result.url} muted loop playsinline autoplay aria-hidden="true" tabindex="-1" />`}
        ${isVideo && html`<span class="badge">${icon('play')}${result.seconds === null ? '' : words.seconds(Math.round(result.seconds))}</span>`}
        ${!isVideo && images > 1 && html`<span class="badge">${icon('image')}${words.imagesOf(images)}</span>`}
      </span>
      <span class="tile-words">${run.prompt || words.unspoken}</span>
    </a>
  </li>`;
}

/** The longer sides of the two small copies that the server makes. Pixels. */
const [small, large] = [480, 1_200];

function srcsetOf(thumbnail: string, preview: string, ratio: number): string {
  const widthOf = (longerSide: number) => Math.round(longerSide * Math.min(1, ratio));
  return `${thumbnail} ${widthOf(small)}w, ${preview} ${widthOf(large)}w`;
}
