import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { slackManifest } from '../../../../src/bots/slack/manifest.ts';

test('the manifest in the repository is the one that the program prints', () => {
  expect(JSON.parse(readFileSync('manifest.json', 'utf8'))).toEqual(slackManifest(null));
});

test('with an address, every request and the way back from an installation go there', () => {
  const written = JSON.stringify(slackManifest('https://vidgenie.example'));
  expect(written.match(/https:\/\/[^"]+/g)).toEqual([
    'https://vidgenie.example/slack/events',
    'https://vidgenie.example/slack/oauth_redirect',
    'https://vidgenie.example/slack/events',
    'https://vidgenie.example/slack/events',
  ]);
  expect(written).toContain('"socket_mode_enabled":false');
});
