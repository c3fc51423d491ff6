import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { type Choice, Slider, Switch, segments } from './controls.ts';
import type { Choices, Offered } from './offer.ts';
import { usePage } from './page.ts';

type Given = { offered: Offered; choices: Choices; onChange: (choices: Choices) => void; children?: ComponentChildren };

/** How many images, frames or scenes a run may have. The server checks it again. */
const counts = { frames: [1, 2, 3, 4], variants: [1, 2, 3, 4], scenes: [2, 3, 4, 5, 6, 7, 8] } as const;

/** The options of a workflow. It also shows choices that the available models cannot do, with the reason. */
export function ChoiceFields({ offered, choices, onChange, children }: Given): VNode {
  const { words } = usePage();
  const { allowed, steps } = offered;
  const choose = (some: Partial<Choices>) => onChange({ ...choices, ...some });
  const makerOf = (kind: 'image' | 'video') => steps.find((step) => step.kind === kind)?.title ?? '';
  const barred: { label: string; maker: string }[] = [];
  const among = <Value extends string>(
    all: Record<Value, string>,
    can: readonly string[],
    maker: string,
    show: (value: Value) => ComponentChildren = (value) => all[value],
  ): Choice<Value>[] =>
    keysOf(all).map((value) => {
      const label = show(value);
      if (can.includes(value)) return { value, label };
      barred.push({ label: all[value], maker });
      return { value, label, barred: words.cannot(all[value], maker) };
    });
  const { options: names } = words;
  const fields: Record<Offered['options'][number], () => VNode> = {
    style: () =>
      segments({
        legend: names.style,
        value: choices.style,
        look: 'chips',
        choices: among(words.styles, allowed.style, makerOf('image')),
        onChoose: (style) => choose({ style }),
      }),
    aspect: () =>
      segments({
        legend: names.aspect,
        value: choices.aspect,
        choices: among(words.aspects, allowed.aspect, makerOf('video') || makerOf('image'), (aspect) => [
          html`<i class="shape ${aspect}" aria-hidden="true" />`,
          words.aspects[aspect],
        ]),
        onChoose: (aspect) => choose({ aspect }),
      }),
    quality: () =>
      segments({
        legend: names.quality,
        value: choices.quality,
        choices: among(words.qualities, allowed.quality, makerOf('image')),
        onChoose: (quality) => choose({ quality }),
      }),
    duration: () =>
      html`<${Slider} label=${names.duration} values=${allowed.duration} value=${choices.duration} say=${words.seconds} onChoose=${(duration: number) => choose({ duration })} />`,
    frames: () =>
      segments({
        legend: names.frames,
        value: choices.frames,
        choices: counts.frames.map((value) => ({ value, label: words.framesOf(value) })),
        onChoose: (frames) => choose({ frames }),
      }),
    variants: () =>
      html`<${Slider} label=${names.variants} values=${counts.variants} value=${choices.variants} say=${String} onChoose=${(variants: number) => choose({ variants })} />`,
    scenes: () =>
      html`<${Slider} label=${names.scenes} values=${counts.scenes} value=${choices.scenes} say=${String} onChoose=${(scenes: number) => choose({ scenes })} />`,
    cut: () =>
      segments({
        legend: names.cut,
        value: choices.cut,
        choices: keysOf(words.cuts).map((value) => ({ value, label: words.cuts[value] })),
        onChoose: (cut) => choose({ cut }),
      }),
    resolution: () =>
      segments({
        legend: names.resolution,
        value: choices.resolution,
        choices: among(words.resolutions, allowed.resolution, makerOf('video')),
        onChoose: (resolution) => choose({ resolution }),
      }),
    audio: () =>
      html`<${Switch} label=${names.audio} isOn=${choices.audio} say=${choices.audio ? words.on : words.off} onChoose=${(audio: boolean) => choose({ audio })} />`,
  };
  const shown = offered.options;
  const rendered = shown.map((name) => html`<div class="field ${name}" key=${name}>${fields[name]()}</div>`);
  const makers = [...new Set(barred.map(({ maker }) => maker))];
  const labelsOf = (maker: string) => barred.filter((one) => one.maker === maker).map(({ label }) => label);
  return html`<div class="fields">
    ${rendered}${children}
    <p class="why barred">${makers.map((maker) => words.cannot(labelsOf(maker).join(', '), maker)).join(' ')}</p>
  </div>`;
}

/** The keys of a record with exactly these keys, such as a record of texts. */
export function keysOf<Name extends string>(record: Record<Name, string>): Name[] {
  const isName = (name: string): name is Name => name in record;
  return Object.keys(record).filter(isName);
}
