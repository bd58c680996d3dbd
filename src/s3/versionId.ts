/**
 * The version that S3 names, if it names one. While versioning is suspended, and for what was written before it was
 * turned on, S3 answers `null`: a name that the next write under the key takes over, and no version (pitfall P85).
 */
export function versionOf(answered: string | undefined): string | undefined {
  return answered === undefined || answered === '' || answered === 'null' ? undefined : answered;
}
