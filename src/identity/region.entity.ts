import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a region offers, and where that is known from. */
export interface RegionFeature {
  readonly available: boolean;
  /** Date of the source, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly source: string;
}

export interface RegionDetails {
  /** By language, e.g. `en-us`. */
  readonly names: Readonly<Record<string, string>>;
  readonly availabilityZones: readonly string[];
  readonly features: Readonly<Record<string, RegionFeature>>;
}

/** Where projects can be: for everybody, or `dedicated` to some domains (domain/quota.md §1.5). */
@Entity({ name: 'regions', synchronize: false })
export class Region {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  kind!: 'general' | 'dedicated';

  /** Ids, not all of which need exist yet; null for a general region. */
  @Column({ type: 'text', array: true, name: 'allowed_domains', nullable: true })
  allowedDomains!: string[] | null;

  @Column({ type: 'jsonb' })
  details!: RegionDetails;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  /** Set: taken away by an operator, and not to come back with the next start. */
  @Column({ type: 'timestamptz', name: 'withdrawn_at', nullable: true })
  withdrawnAt!: Date | null;
}
