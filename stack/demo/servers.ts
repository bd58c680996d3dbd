import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { type Fetching, onFetch } from '../fetch.ts';
import { startMysql } from '../mysql.ts';
import { type S3Server, startSeaweed } from '../seaweed.ts';
import type { Servers, SqlAddress } from '../stack.ts';
import { startTemporal } from '../temporal.ts';
import type { Screen } from './screen.ts';
import { serverLines } from './text.ts';

/** Where the demo's servers answer. */
export interface DemoServers {
  temporal: { address: string; ui: string };
  mysql: SqlAddress;
  s3: S3Server;
}

/** Starts Temporal, MySQL and S3, and shows each as it comes up, and how far a fetch is. */
export async function startDemoServers(servers: Servers, screen: Screen): Promise<DemoServers> {
  const up = new Map([
    ['Temporal', false],
    ['MySQL', false],
    ['S3', false],
  ]);
  const fetches = new Map<string, Fetching>();
  const draw = () => screen.draw(serverLines(up, fetches.values()));
  if (screen.isTerminal)
    onFetch((fetching) => {
      if (fetching.ended) fetches.delete(fetching.name);
      else fetches.set(fetching.name, fetching);
      draw();
    });
  draw();
  const shown = async <T>(name: string, start: Promise<T>): Promise<T> => {
    const server = await start;
    up.set(name, true);
    draw();
    return server;
  };
  const { folder, started } = servers;
  const [temporal, { host, port, user, password }, s3] = await servers.all([
    shown('Temporal', startTemporal(folder, started)),
    shown('MySQL', startMysql(folder, started)),
    shown('S3', startSeaweed(folder, started)),
  ]);
  if (!screen.isTerminal) screen.say('Temporal, MySQL and S3 are up.');
  screen.leaveFrame();
  return { temporal: { address: temporal.address, ui: temporal.uiUrl }, mysql: { host, port, user, password }, s3 };
}

/** The archive's bucket, which keeps versions. */
export async function makeBucket({ region, endpoint }: S3Server): Promise<void> {
  const client = new S3Client({ region, endpoint, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'archive' }));
  await client.send(
    new PutBucketVersioningCommand({ Bucket: 'archive', VersioningConfiguration: { Status: 'Enabled' } }),
  );
  client.destroy();
}
