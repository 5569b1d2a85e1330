import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key pair that signs tokens, shared by all replicas. */
@Entity({ name: 'signing_keys', synchronize: false })
export class SigningKey {
  @PrimaryColumn({ type: 'text' })
  kid!: string;

  @Column({ type: 'text' })
  algorithm!: string;

  /** PEM, SPKI. */
  @Column({ type: 'text', name: 'public_key' })
  publicKey!: string;

  /** PEM, PKCS #8, sealed. */
  @Column({ type: 'bytea', name: 'private_key_sealed' })
  privateKeySealed!: Buffer;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  /** Set: signs nothing any more, and verifies only what it signed before. */
  @Column({ type: 'timestamptz', name: 'retired_at', nullable: true })
  retiredAt!: Date | null;
}
