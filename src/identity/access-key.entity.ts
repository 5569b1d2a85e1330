import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Signs requests; its secret must be readable again, so it is sealed instead of hashed. */
@Entity({ name: 'access_keys', synchronize: false })
export class AccessKey {
  @PrimaryColumn({ type: 'text', name: 'domain_id' })
  domainId!: string;

  @PrimaryColumn({ type: 'text', name: 'access_key' })
  accessKey!: string;

  @Column({ type: 'text', name: 'user_id' })
  userId!: string;

  @Column({ type: 'bytea', name: 'secret_sealed' })
  secretSealed!: Buffer;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'timestamptz', name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}

/** Binds an access key's sealed secret to its row. */
export function accessKeyPurpose(accessKey: string): string {
  return `access_keys:${accessKey}`;
}
