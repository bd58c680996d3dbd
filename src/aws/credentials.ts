export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

const providers = new Map<string, Promise<() => Promise<Credentials>>>();

/** By AWS's default chain, as the S3 client finds them; renewed before they expire. */
export async function awsCredentials(region: string): Promise<Credentials> {
  const provider = providers.get(region) ?? providerOf(region);
  providers.set(region, provider);
  return (await provider)();
}

/** The client takes most of a second to load, and a command that asks MySQL alone has no use for it. */
async function providerOf(region: string): Promise<() => Promise<Credentials>> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { config } = new S3Client({ region });
  return () => config.credentials();
}
