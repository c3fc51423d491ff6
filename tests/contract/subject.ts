import type { Secret } from '../../src/db/secret.ts';
import type { AnyProvider, EnhanceRequest, ImageRequest, VideoRequest } from '../../src/pipeline/providers/provider.ts';
import type { Stub } from '../support/providers/server.ts';

/**
 * A provider under the common contract of `providers.test.ts`: how to open it beside its stand-in. One file for each adapter is in
 * `tests/contract/subjects`, and `subjects/all.ts` lists them.
 */
export type Subject = {
  /** For example `openrouter video`. */
  name: string;
  /**
   * Opens a stand-in for the time of the test, and a provider that asks it. `baseUrl` is another server to ask instead (without a path:
   * the subject adds the one that its vendor has): an address at which nobody listens, or the stand-in of another call of `open`.
   */
  open: (over?: { baseUrl?: string }) => Promise<Opened>;
};

export type Opened = {
  stub: Stub;
  /** The provider, and a request that it accepts. */
  asks:
    | { step: 'enhance'; provider: Extract<AnyProvider, { step: 'enhance' }>; request: EnhanceRequest }
    | { step: 'image'; provider: Extract<AnyProvider, { step: 'image' }>; request: ImageRequest }
    | { step: 'video'; provider: Extract<AnyProvider, { step: 'video' }>; request: VideoRequest };
  /** The key that the calls are given, with a canary in it. Null for a server without a key. */
  key: Secret | null;
  /** True if the provider has the key by itself, because it is the operator's. */
  holdsKey?: boolean;
  /** The paths of the paid POST, of a poll, of the result's bytes and of a cancel. Null where the vendor has no such call. */
  paths: {
    submit: RegExp;
    poll: RegExp | null;
    content: RegExp | null;
    cancel: { method: string; path: RegExp } | null;
  };
  /** How many calls the stand-in has billed. */
  billed: () => number;
  /** What the vendor sends with status 200 if something is wrong all the same. Null if it never does. */
  errorInside: unknown;
  /** Lets the stand-in say that the result lies at this address. Null if the vendor names no addresses. */
  resultAt: ((url: string) => void) | null;
};
