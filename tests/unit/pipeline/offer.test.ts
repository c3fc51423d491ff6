import fc from 'fast-check';
import { expect, test } from 'vitest';
import { workflowCommands } from '../../../src/bots/commands/all.ts';
import { offered, offerFor, valuesOf } from '../../../src/bots/commands/offered.ts';
import { suggest } from '../../../src/bots/commands/suggest.ts';
import { registrationOf } from '../../../src/bots/discord/registration.ts';
import { createForm } from '../../../src/bots/slack/createForm.ts';
import { textOf } from '../../../src/bots/text.ts';
import { readConfig } from '../../../src/config.ts';
import { aspects, qualities, resolutions, type Workflow, workflows } from '../../../src/domain.ts';
import { offerOf, offerOfAny } from '../../../src/pipeline/offer.ts';
import type { AnyProvider, Capabilities } from '../../../src/pipeline/providers/provider.ts';
import { createProviders } from '../../../src/pipeline/providers/registry.ts';
import { realProviders } from '../../../src/providers.ts';

const none = new Set<never>();
const google = createProviders(realProviders(readConfig({}).providers), [], new Set(['openai', 'google']));
const can = (over: Partial<Capabilities>): Capabilities => ({
  aspects,
  qualities,
  durations: [],
  resolutions: [],
  ...over,
});

/** One provider for each step, with these capabilities. */
function installed(image: Capabilities, video: Capabilities) {
  const real = realProviders(readConfig({}).providers);
  const as = (step: 'image' | 'video', capabilities: Capabilities): AnyProvider[] =>
    real.flatMap((one) => (one.step === step ? [{ ...one, vendor: null, capabilities }] : []));
  return createProviders([...as('image', image), ...as('video', video)], [], none);
}

const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });
const seconds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });

test('what is offered is what every model of the workflow can do, in commands, lists and forms alike', () => {
  const image = fc.record({ aspects: some(aspects), qualities: some(qualities) }).map(can);
  const video = fc.record({ aspects: some(aspects), durations: seconds, resolutions: some(resolutions) }).map(can);
  fc.assert(
    fc.property(image, video, fc.constantFrom(...workflows), (painter, animator, workflow) => {
      const providers = installed(painter, animator);
      const offer = offerOf(providers, workflow, none);
      const paints = workflow !== 'video';
      const films = workflow !== 'image';
      for (const aspect of aspects) {
        const able = (!paints || painter.aspects.includes(aspect)) && (!films || animator.aspects.includes(aspect));
        expect(offer.aspect.includes(aspect)).toBe(able);
      }
      expect([...offer.duration].sort()).toEqual(films ? [...animator.durations].sort() : []);
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
  const known = { commands: Object.values(workflowCommands), extras: [], runs: [], files: () => [] };
  const offer = (command: { name: string }) => offerFor(command, google, none);
  const suggested = (line: string) => suggest(line, { ...known, offer }).candidates;
  expect(suggested('complete a fox --aspect ')).toEqual(['wide', 'tall']);
  expect(suggested('image a fox --aspect ')).toEqual(['wide', 'tall', 'square']);
  const form = (workflow: Workflow | null) => {
    const on = workflow === null ? null : { channel: 'C1', threadTs: null, fileId: 'F1' };
    const forAll = offerOfAny(google, workflow === null ? workflows : [workflow], none);
    const opening = { channel: 'C1', workflow: workflow ?? 'complete', prompt: null, price: 24, on } as const;
    return JSON.stringify(createForm(opening, forAll, textOf('en')));
  };
  expect(form(null)).toContain('square');
  expect(form('video')).not.toContain('square');
  expect(form('video')).toMatch(/3 to 15/);
  // Discord registers the same choices for every server, so an option that depends on a model has no registered choices.
  const registered = JSON.stringify(registrationOf(Object.values(workflowCommands)));
  expect(registered).not.toMatch(/square|1080p|"max_value":60/);
});
