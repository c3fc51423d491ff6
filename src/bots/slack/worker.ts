import type { Db } from '../../db/client.ts';
import type { Keyring } from '../../db/keyring.ts';
import type { Logger } from '../../observability/log.ts';
import type { MediaStore } from '../../pipeline/media/store.ts';
import type { Messenger } from '../../pipeline/messenger.ts';
import type { Meter } from '../../pipeline/meter.ts';
import type { AddressOf } from '../mediaAddress.ts';
import { createConnections } from './connections.ts';
import { createSlackMessenger } from './messenger.ts';
import type { SlackSettings } from './settings.ts';

type Needs = {
  db: Db;
  keyring: Keyring;
  store: MediaStore;
  addressOf: AddressOf;
  hasPage: boolean;
  settings: SlackSettings;
  log: Logger;
  meter: Meter;
};

/** Opens the messenger that a worker uses: over the Web API alone, with each workspace's own token. */
export const openSlackMessenger = ({
  db,
  keyring,
  store,
  addressOf,
  hasPage,
  settings,
  log,
  meter,
}: Needs): Messenger =>
  createSlackMessenger({
    db,
    store,
    addressOf,
    hasPage,
    meter,
    connections: createConnections({ role: 'worker', db, keyring, settings, log }),
  });
