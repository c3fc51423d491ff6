import type { ProvidedKind, Resolution } from '../../../domain.ts';
import { allOf, credits } from './measures.ts';

/** Texts of `vidgenie prices` and of the doctor's finding about prices. */

/** Millionths of a US dollar as people write them, rounded up: "$3.20", "$0.0024". */
export function usd(microUsd: number): string {
  if (microUsd >= 1_000_000) return `$${(Math.ceil(microUsd / 10_000) / 100).toFixed(2)}`;
  const exact = (Math.ceil(microUsd / 100) / 10_000).toFixed(4);
  return `$${exact.replace(/0{1,2}$/, '')}`;
}

const share = (percent: number): string => `${percent < 0 ? '−' : ''}${Math.abs(percent)} %`;

export const fromTable = (creditMicroUsd: number): string =>
  `Steps cost what the fixed table says (PRICES=table). A credit is worth ${usd(creditMicroUsd)} (CREDIT_USD). A model that a member chooses costs at least what its vendor charges.`;
export const fromBook = (creditMicroUsd: number, markup: number): string =>
  `Steps cost what the vendor charges and ${share(markup)} more, in whole credits (PRICES=book, MARKUP_PERCENT). A credit is worth ${usd(creditMicroUsd)} (CREDIT_USD).`;

const kinds: Record<ProvidedKind, string> = {
  enhance: 'writes better prompts',
  image: 'makes images',
  video: 'makes videos',
};
export const heading = (model: string, kind: ProvidedKind, isUsual: boolean): string =>
  `${model} ${kinds[kind]}${isUsual ? '' : ', if a member chooses it'}`;

export const enhance = 'a prompt';
export const image = (quality: string, aspect: string): string => `${quality}, ${aspect}`;
export const video = (seconds: number, resolution: Resolution): string => `${seconds} s, ${resolution}, with sound`;

export const price = (amount: number): string => credits(amount);
export const worth = (microUsd: number): string => `worth ${usd(microUsd)}`;
export const costs = (microUsd: number): string => `costs ${usd(microUsd)}`;
export const margin = (percent: number): string => `margin ${share(percent)}`;
export const loses = (microUsd: number): string => `loses ${usd(microUsd)}`;
export const free = 'costs nothing';
export const unknown = 'no published price is known';

export const demo =
  'This is the demo: no key of yours is configured. With a key, this command lists the models that the key opens.';
export const noLoss = 'No step sells for less than its published cost.';
export const losses = (steps: number): string =>
  `${steps} ${steps === 1 ? 'step sells' : 'steps sell'} for less than the vendor charges. PRICES=book prices each step at its cost. If a credit is worth more to you, correct CREDIT_USD.`;
export const unknowns = (models: readonly string[]): string =>
  `No published price is known of ${allOf(models)}. Such a model costs what the fixed table says.`;

/** The doctor's findings. */
export const doctor = {
  noLoss: 'no step of a model in use sells for less than its published cost',
  loses: (model: string, step: string, amount: number, costMicroUsd: number, worthMicroUsd: number) =>
    `${model} loses money: ${step} costs ${usd(costMicroUsd)} and sells for ${credits(amount)}, worth ${usd(worthMicroUsd)}. See vidgenie prices, and consider PRICES=book`,
};
