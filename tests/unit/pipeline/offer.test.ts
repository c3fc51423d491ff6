import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workflowCommands } from '../../../src/bots/commands/all.ts';
import { offered, offerFor, valuesOf } from '../../../src/bots/commands/offered.ts';
import { suggest } from '../../../src/bots/commands/suggest.ts';
import { registrationOf } from '../../../src/bots/discord/registration.ts';
import { createForm } from '../../../src/bots/slack/createForm.ts';
import { textOf } from '../../../src/bots/text.ts';
import { readConfig } from '../../../src/config.ts';
import { aspects, commandedWorkflows, qualities, resolutions } from '../../../src/domain.ts';
import { offerOf, offerOfAny } from '../../../src/pipeline/offer.ts';
import { type AnyProvider, type Capabilities, noCapabilities } from '../../../src/pipeline/providers/provider.ts';
import { createProviders, fixedSource } from '../../../src/pipeline/providers/registry.ts';
import { lengthsOf } from '../../../src/pipeline/workflows/chain.ts';
import { storySeconds } from '../../../src/pipeline/workflows/story.ts';
import { realSources } from '../../../src/providers.ts';

const none = new Set<never>();
const google = createProviders(realSources(readConfig({}).providers), [], new Set(['openai', 'google']));
const can = (over: Partial<Capabilities>): Capabilities => ({
  ...noCapabilities,
  aspects,
  qualities,
  ...over,
});

/** One provider for each step, with these capabilities. */
function installed(image: Capabilities, video: Capabilities) {
  const real = realSources(readConfig({}).providers).flatMap((source) => source.offered());
  const as = (step: 'image' | 'video', capabilities: Capabilities): AnyProvider[] =>
    real.flatMap((one) => (one.step === step ? [{ ...one, vendor: null, capabilities }] : []));
  return createProviders([fixedSource([...as('image', image), ...as('video', video)])], [], none);
}

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const seconds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });

test('what is offered is what every model of the workflow can do, in commands, lists and forms alike', () => {
  const image = fc.record({ aspects: some(aspects), qualities: some(qualities) }).map(can);
  const video = fc.record({ aspects: some(aspects), durations: seconds, resolutions: some(resolutions) }).map(can);
  fc.assert(
    fc.property(image, video, fc.constantFrom(...commandedWorkflows), (painter, animator, workflow) => {
      const providers = installed(painter, animator);
      const offer = offerOf(providers, workflow, none);
      const paints = workflow !== 'video';
      const films = workflow !== 'image' && workflow !== 'edit';
      for (const aspect of aspects) {
        const able = (!paints || painter.aspects.includes(aspect)) && (!films || animator.aspects.includes(aspect));
        expect(offer.aspect.includes(aspect)).toBe(able);
      }
      const lengths = animator.resolutions.map((resolution) => lengthsOf(animator, resolution));
      const possible = (lengths[0] ?? []).filter((one) => lengths.every((all) => all.includes(one)));
      const able = possible.filter((one) => workflow !== 'story' || one >= storySeconds.min);
      expect(offer.duration).toEqual(films ? able : []);
      expect([...offer.resolution].sort()).toEqual(films ? [...animator.resolutions].sort() : []);
      const { options } = offered(workflowCommands[workflow], offer);
      const values = (name: string) => options.filter((one) => one.name === name).flatMap(valuesOf);
      expect(values('aspect')).toEqual(offer.aspect);
      expect(values('duration')).toEqual(offer.duration.map(String));
      expect(values('resolution')).toEqual(offer.resolution);
    }),
  );
});

test('no video is offered in a shape or a length that no model at hand can make', () => {
  const known = {
    commands: Object.values(workflowCommands),
    extras: [],
    runs: [],
    cast: [],
    files: () => [],
    models: () => [],
  };
  const offer = (command: { name: string }) => offerFor(command, google, none);
  const suggested = (line: string) => suggest(line, { ...known, offer }).candidates;
  expect(suggested('complete a fox --aspect ')).toEqual(['wide', 'tall']);
  expect(suggested('image a fox --aspect ')).toEqual(['wide', 'tall', 'square']);
  const form = (workflow: 'video' | null) => {
    const on = workflow === null ? null : { channel: 'C1', threadTs: null, fileId: 'F1', workflow };
    const forAll = offerOfAny(google, workflow === null ? commandedWorkflows : [workflow], none);
    const opening = { channel: 'C1', workflow: workflow ?? 'complete', prompt: null, price: 24, on } as const;
    return JSON.stringify(createForm(opening, { offer: forAll, models: [] }, textOf('en')));
  };
  expect(form(null)).toContain('square');
  expect(form('video')).not.toContain('square');
  expect(form('video')).toMatch(/3 to 60/);
  // Discord registers the same choices for every server, so an option that depends on a model has no registered choices.
  const registered = JSON.stringify(registrationOf(Object.values(workflowCommands)));
  expect(registered).not.toMatch(/square|1080p|"max_value":60/);
});
