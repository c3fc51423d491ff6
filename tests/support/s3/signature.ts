import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The objection to a request's signature (AWS Signature Version 4, as Amazon's documentation describes it). Null: none. */
export type Objection =
  | 'AccessDenied'
  | 'SignatureDoesNotMatch'
  | 'InvalidAccessKeyId'
  | 'AuthorizationHeaderMalformed';

type Account = { id: string; secret: string; region: string };

export function objectionTo(request: IncomingMessage, account: Account, now: Date): Objection | null {
  const url = new URL(request.url ?? '/', 'http://s3');
  const { searchParams: query } = url;
  const isLink = query.has('X-Amz-Signature');
  const header = request.headers.authorization ?? '';
  const part = (name: string) => new RegExp(`${name}=([^,]+)`).exec(header)?.[1] ?? '';
  const said = isLink
    ? {
        credential: query.get('X-Amz-Credential') ?? '',
        signed: query.get('X-Amz-SignedHeaders') ?? '',
        signature: query.get('X-Amz-Signature') ?? '',
        date: query.get('X-Amz-Date') ?? '',
        payload: 'UNSIGNED-PAYLOAD',
      }
    : {
        credential: part('Credential'),
        signed: part('SignedHeaders'),
        signature: part('Signature'),
        date: String(request.headers['x-amz-date']),
        payload: String(request.headers['x-amz-content-sha256']),
      };
  if (said.signature === '') return 'AccessDenied';
  const [id = '', day = '', region = '', service = '', end = ''] = said.credential.split('/');
  if (id !== account.id) return 'InvalidAccessKeyId';
  if (region !== account.region) return 'AuthorizationHeaderMalformed';
  if (isLink && now > endOf(said.date, Number(query.get('X-Amz-Expires')))) return 'AccessDenied';

  query.delete('X-Amz-Signature');
  const canonical = [
    request.method ?? '',
    url.pathname,
    [...query]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join('&'),
    ...said.signed.split(';').map((name) => `${name}:${String(request.headers[name] ?? '').trim()}`),
    '',
    said.signed,
    said.payload,
  ].join('\n');
  const scope = [day, region, service, end];
  const words = ['AWS4-HMAC-SHA256', said.date, scope.join('/'), createHash('sha256').update(canonical).digest('hex')];
  const key = scope.reduce<string | Buffer>((secret, word) => hmac(secret, word), `AWS4${account.secret}`);
  return hmac(key, words.join('\n')).toString('hex') === said.signature ? null : 'SignatureDoesNotMatch';
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** `20261123T221018Z` plus `seconds`. */
function endOf(date: string, seconds: number): Date {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5');
  return new Date(new Date(iso).getTime() + seconds * 1_000);
}
