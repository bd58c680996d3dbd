import { type Check, refuse, warn } from '../check.ts';
import type { StoreFacts } from './facts.ts';

/** A lifecycle rule would remove what may be the only copy, or move it where no reader gets it at once. */
export const keepsObjects: Check<StoreFacts> = {
  name: 'keepsObjects',
  scope: 'store',
  when: ['doctor', 'slice'],
  run({ bucket, where, lifecycle }) {
    if ('unreadable' in lifecycle)
      return refuse(
        `the lifecycle rules of bucket ${bucket} can't be read (${lifecycle.unreadable}), so one that expires the archive could not be refused`,
        'allow s3:GetLifecycleConfiguration',
      );
    return [
      ...lifecycle.expiring.flatMap((rule) =>
        refuse(
          `lifecycle rule ${rule} of bucket ${bucket} expires objects of the archive, which may be the only copy`,
          `take ${where} out of it`,
        ),
      ),
      ...lifecycle.archiving.flatMap((rule) =>
        refuse(
          `lifecycle rule ${rule} of bucket ${bucket} moves objects of the archive where no reader gets them at once`,
          `take ${where} out of it, or name GLACIER_IR`,
        ),
      ),
      ...lifecycle.noncurrent.flatMap((rule) =>
        warn(
          `lifecycle rule ${rule} removes older versions: what was overwritten by mistake can't be put back after it`,
          '',
        ),
      ),
    ];
  },
};
