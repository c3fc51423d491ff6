import type { Secret } from '../../db/secret.ts';
import type { Vendor } from '../../domain.ts';
import type { VideoSize } from './server/videoSettings.ts';

/** A server that the operator runs. The key is null if it needs none. The address has no slash at its end. */
export type OwnServer = { baseUrl: string; key: Secret | null };

/** A server for videos. `seconds` and `sizes` are what its model can make, null for the defaults. */
export type VideoServer = OwnServer & { seconds: readonly number[] | null; sizes: readonly VideoSize[] | null };

/** The operator's own keys, and the vendors' addresses and models. */
export type ProviderConfig = {
  keys: ReadonlyMap<Vendor, Secret>;
  openaiBaseUrl: string | null;
  googleBaseUrl: string | null;
  googleApiVersion: string;
  googleCloud: { project: string; location: string } | null;
  openrouterBaseUrl: string | null;
  runwayBaseUrl: string | null;
  /** Hosts of result files, besides those that Runway is known to use. */
  runwayFileHosts: readonly string[];
  /** OpenAI-shaped servers for single steps. */
  servers: { enhance: OwnServer | null; image: OwnServer | null; video: VideoServer | null };
  /** `workflows` is the folder of the operator's workflows, null for the two that come with VidGenie. */
  comfyui: (OwnServer & { workflows: string | null }) | null;
  models: { enhance: string | null; image: string | null; video: string | null };
  /** The operator's names for models, in lower case, each with the models that it stands for. */
  aliases: ReadonlyMap<string, readonly string[]>;
  /** Whether another model may make a step whose first model provably generated nothing. */
  failover: boolean;
  moderationWhenDown: 'refuse' | 'allow';
  /** How many unfinished pictures OpenAI sends while it makes an image. */
  partialImages: number;
};
