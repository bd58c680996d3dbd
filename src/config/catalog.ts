import { z } from 'zod';

/** Catalogues of other systems in which each day's partition is registered as it is committed. Plain JSON. */
export interface CatalogSettings {
  glue: {
    /** The Glue database that holds the raw tables. */
    database: string;
    /** Left out: the bucket's. */
    region?: string | undefined;
    /** `http(s)://host:port` of a Glue that isn't AWS. */
    endpoint?: string | undefined;
  };
}

export const catalogSchema = z.strictObject({
  /** The Glue Data Catalog, which Athena, Redshift Spectrum, Glue jobs and EMR read by. */
  glue: z.strictObject({
    database: z.string().regex(/^[a-z0-9_]{1,255}$/, 'is no database of Glue. Write lower-case letters, digits and _.'),
    region: z.string().min(1).optional(),
    endpoint: z.url({ protocol: /^https?$/, error: 'is no address. Write http://127.0.0.1:4566.' }).optional(),
  }),
});
