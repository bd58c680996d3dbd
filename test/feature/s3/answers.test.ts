import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { judge } from '../../../src/job/verdict.ts';
import { ObjectStore } from '../../../src/s3/store.ts';

/** What S3 answers, as its manual has it; a HEAD gets status and headers alone. */
interface Answer {
  status: number;
  headers?: Record<string, string>;
  code: string;
  message: string;
  /** Further elements of the error. */
  more?: string;
}

const closing: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) close();
});

/** A store that answers every request of a kind so, and others with an empty list. */
async function storeAnswering(answer: Answer, answersTo: (asked: IncomingMessage) => boolean = () => true) {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const { status, headers, code, message, more = '' } = answer;
  const server = createServer((asked, out) => {
    asked.resume();
    asked.on('end', () => {
      if (!answersTo(asked)) return out.writeHead(200, { 'content-type': 'application/xml' }).end(empty);
      out.writeHead(status, { 'content-type': 'application/xml', ...headers });
      out.end(asked.method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = new ObjectStore({ bucket: 'archive', region: 'us-east-1', endpoint, forcePathStyle: true });
  closing.push(() => {
    store.close();
    server.closeAllConnections();
    server.close();
  });
  return store;
}

const empty = '<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>';

interface Case {
  answer: Answer;
  says: RegExp;
  verdict: 'stop' | 'retry';
}

const cases: Record<string, Case> = {
  'a bucket of another region, by 301': {
    answer: {
      status: 301,
      headers: { 'x-amz-bucket-region': 'eu-west-1' },
      code: 'PermanentRedirect',
      message: 'The bucket you are attempting to access must be addressed using the specified endpoint.',
      more: '<Endpoint>archive.s3.eu-west-1.amazonaws.com</Endpoint><Bucket>archive</Bucket>',
    },
    says: /^s3: bucket archive isn't at http:\S+, it is in eu-west-1; write store\.region: eu-west-1$/,
    verdict: 'stop',
  },
  'a bucket of another region, by 400 with the region in it': {
    answer: {
      status: 400,
      code: 'AuthorizationHeaderMalformed',
      message: "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
      more: '<Region>eu-central-1</Region>',
    },
    says: /it is in eu-central-1; write store\.region: eu-central-1$/,
    verdict: 'stop',
  },
  'a wrong secret key': {
    answer: {
      status: 403,
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
    },
    says: /refused \(SignatureDoesNotMatch\); the secret key isn't the one of its key id; mend AWS_SECRET_ACCESS_KEY/,
    verdict: 'stop',
  },
  'an unknown key id': {
    answer: {
      status: 403,
      code: 'InvalidAccessKeyId',
      message: 'The AWS Access Key Id you provided does not exist in our records.',
    },
    says: /refused \(InvalidAccessKeyId\); the store knows no such key id; mend AWS_ACCESS_KEY_ID/,
    verdict: 'stop',
  },
  'an expired token': {
    answer: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.' },
    says: /refused \(ExpiredToken\); the session token has expired; get new credentials/,
    verdict: 'retry',
  },
  'a missing right': {
    answer: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
    says: /refused \(AccessDenied\); the keys are valid and the right is missing/,
    verdict: 'stop',
  },
};

test.each(Object.entries(cases))(
  '%s is told by S3’s own code, whatever asks',
  async (_name, { answer, says, verdict }) => {
    const store = await storeAnswering(answer);
    const asked = [
      store.probe(),
      store.head('a'),
      store.list(''),
      store.putNew('a', Buffer.from('b')),
      store.read('a'),
    ];
    for (const error of await Promise.all(asked.map((each) => each.catch((reason: unknown) => reason)))) {
      expect(String(error)).toMatch(/^\w+: s3: /);
      expect((error as Error).message).toMatch(says);
      expect((error as Error).message).not.toMatch(/Unknown|try again/);
      expect(judge(error).verdict).toBe(verdict);
    }
  },
);

test('a store without checksums of uploads is told so, with its own words, and no retry', async () => {
  const answer = {
    status: 501,
    code: 'NotImplemented',
    message: 'A header you provided implies functionality that is not implemented',
    more: '<Header>x-amz-checksum-algorithm</Header>',
  };
  const store = await storeAnswering(answer, (asked) => asked.headers['x-amz-checksum-algorithm'] !== undefined);
  const asked = [store.probe(), store.putNew('a', Buffer.from('b'))];
  for (const error of await Promise.all(asked.map((each) => each.catch((reason: unknown) => reason)))) {
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /doesn't support CreateMultipartUpload as Sediment sends it \(NotImplemented: A header .+ not implemented\); it needs/,
      ),
    });
    expect(judge(error).verdict).toBe('stop');
  }
});

test('a HEAD that alone is refused keeps its status, because nothing else says more', async () => {
  const answer = { status: 403, code: 'AccessDenied', message: 'Access Denied' };
  const store = await storeAnswering(answer, ({ method }) => method === 'HEAD');
  await expect(store.head('a')).rejects.toThrow('access to bucket archive was refused (403)');
});

test('an answer that nothing is known of is told by its code and words', async () => {
  const store = await storeAnswering({ status: 400, code: 'InvalidRequest', message: 'Missing required header' });
  await expect(store.probe()).rejects.toThrow(
    /^s3: the store can't use bucket archive \(InvalidRequest: Missing required header\); look at store and its keys$/,
  );
});

test('an endpoint that is no store at all says what to mend, and never to try again', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAIOSFODNN7EXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  // As a port of MySQL's greets whoever connects.
  const greeting = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(Buffer.from([0x4a, 0, 0, 0, 0x0a, ...Buffer.from('9.7.4')]));
  });
  await new Promise<void>((resolve) => greeting.listen(0, '127.0.0.1', resolve));
  const { port } = greeting.address() as AddressInfo;
  const said = async (endpoint: string) => {
    const store = new ObjectStore({ bucket: 'archive', region: 'us-east-1', endpoint, forcePathStyle: true });
    closing.push(() => store.close());
    return store.probe().then(String, String);
  };
  const plain = `http://127.0.0.1:${port}`;
  expect(await said(plain)).toMatch(
    `NoStoreThere: s3: no store answers at ${plain}: what answers there speaks no HTTP`,
  );
  const tls = `https://127.0.0.1:${port}`;
  const withoutTls = await said(tls);
  expect(withoutTls).toBe(
    `NoStoreThere: s3: no store answers at ${tls}: what answers there speaks no TLS: write http://, or another port; mend store.endpoint`,
  );
  expect(await said(plain)).not.toMatch(/try again|keys/);
  greeting.close();
});
