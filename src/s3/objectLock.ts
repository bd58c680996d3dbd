import { GetObjectLockConfigurationCommand, type S3Client } from '@aws-sdk/client-s3';
import { answerOf } from './refusal.ts';

/** Whether the bucket has Object Lock turned on: without it, S3 refuses an object that is to be locked. */
export async function hasObjectLock(client: S3Client, bucket: string): Promise<boolean> {
  try {
    const found = await client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }));
    return found.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
  } catch (error) {
    const { code, status } = answerOf(error);
    if (code === 'ObjectLockConfigurationNotFoundError' || status === 404 || status === 501) return false;
    throw error;
  }
}
