import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VeoOptions } from '../../../src/pipeline/providers/google/veo.ts';
import { temporaryDirectory } from '../temporary.ts';
import { json, type Stub, startStub } from './server.ts';

export type VeoStub = Stub & { states: Record<string, unknown>[] };

/** In the form of Google's sign-in tokens. */
export const cloudToken = 'ya29.CANARYcloud0123456789';

export const operationName =
  'projects/a-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/op-1';

export const veoWorking = { done: false };
export const veoDone = (bytes: Buffer) => ({
  done: true,
  response: { videos: [{ bytesBase64Encoded: bytes.toString('base64'), mimeType: 'video/mp4' }] },
});
export const veoFiltered = (reason: string) => ({
  done: true,
  response: { raiMediaFilteredCount: 1, raiMediaFilteredReasons: [reason] },
});
export const veoError = (code: number, message: string) => ({ done: true, error: { code, message } });

/** Veo's long-running operations on Google Cloud. */
export async function startVeo(): Promise<VeoStub> {
  const stub: VeoStub = Object.assign(
    await startStub(({ path }, response) => {
      if (path === '/token') {
        const issued = { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer' };
        return json(response, 200, { ...issued, access_token: cloudToken, expires_in: 3600 });
      }
      if (/^\/v1\/publishers\/google\/models\/veo-3\.1-generate-001$/.test(path)) {
        return json(response, 200, { name: 'publishers/google/models/veo-3.1-generate-001' });
      }
      if (path.endsWith(':predictLongRunning')) return json(response, 200, { name: operationName });
      if (path.endsWith(':fetchPredictOperation')) {
        const [state] = stub.states.length > 1 ? stub.states.splice(0, 1) : stub.states;
        return json(response, 200, { name: operationName, ...state });
      }
      return json(response, 404, { error: { code: 404, message: `no such path ${path}`, status: 'NOT_FOUND' } });
    }),
    { states: [] },
  );
  return stub;
}

/** Uses the sign-in library's own workload identity federation without any change. Its token service is the stub. */
export async function veoOptions(stub: VeoStub): Promise<VeoOptions> {
  const directory = await temporaryDirectory();
  const subject = join(directory, 'subject-token');
  const keyFilename = join(directory, 'credentials.json');
  await writeFile(subject, 'a-subject-token');
  const credentials = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${stub.url}/token`,
    credential_source: { file: subject },
  };
  await writeFile(keyFilename, JSON.stringify(credentials));
  return { project: 'a-project', location: 'us-central1', baseUrl: stub.url, auth: { keyFilename } };
}
