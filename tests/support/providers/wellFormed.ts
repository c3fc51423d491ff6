import type { AnyProvider, ModelPrices } from '../../../src/pipeline/providers/provider.ts';

/** The faults in what a provider says about its model, in words. Empty if it can be offered as it is. */
export function malformationsOf({ step, capabilities: can, prices, title }: AnyProvider): string[] {
  const { extension, lastFrame, durations } = can;
  const checks: [string, boolean][] = [
    ['durations are ascending whole seconds', areSeconds(durations)],
    ['seconds between two frames are ascending whole seconds', areSeconds(lastFrame)],
    ['a length between two frames is a length', lastFrame.every((one) => durations.includes(one))],
    ['nothing is named twice', [can.aspects, can.qualities, can.resolutions].every(areDistinct)],
    ['references are a whole number', Number.isInteger(can.references) && can.references >= 0],
    ['at least one result comes of a call', Number.isInteger(can.variants) && can.variants >= 1],
    ['a title has letters', title === undefined || title.trim() !== ''],
    ['an aspect can be made', can.aspects.length > 0],
    ['an image has a quality', step !== 'image' || can.qualities.length > 0],
    ['a video has a length and a resolution', step !== 'video' || (durations.length > 0 && can.resolutions.length > 0)],
    ['only a video has a length', step === 'video' || (durations.length === 0 && !can.fromText && extension === null)],
  ];
  if (extension) {
    const { seconds, maxSeconds, resolutions } = extension;
    checks.push(['extensions are ascending whole seconds', areSeconds(seconds) && seconds.length > 0]);
    checks.push(['an extension fits', seconds.every((one) => one < maxSeconds)]);
    checks.push(['an extension has a size of the model', resolutions.every((one) => can.resolutions.includes(one))]);
  }
  if (prices) {
    checks.push(['prices are those of the step', prices.kind === step]);
    checks.push(['no price is negative', amountsOf(prices).every((one) => Number.isFinite(one) && one >= 0)]);
    checks.push(['every resolution has a price', areWhole(prices, can.resolutions)]);
  }
  return checks.filter(([, holds]) => !holds).map(([fault]) => fault);
}

const areSeconds = (list: readonly number[]): boolean =>
  list.every((one, index) => Number.isInteger(one) && one > (list[index - 1] ?? 0));

const areDistinct = (list: readonly string[]): boolean => new Set(list).size === list.length;

function amountsOf(prices: ModelPrices): number[] {
  switch (prices.kind) {
    case 'enhance':
      return [prices.perCall];
    case 'image':
      return [...Object.values(prices.perImage).flatMap((byAspect) => Object.values(byAspect)), prices.perPicture];
    case 'video':
      return Object.values(prices.perSecond).flatMap((one) => (one ? [one.silent, one.sound] : []));
  }
}

const areWhole = (prices: ModelPrices, sizes: AnyProvider['capabilities']['resolutions']): boolean =>
  prices.kind !== 'video' || sizes.every((size) => prices.perSecond[size] !== undefined);
