import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'users', synchronize: false })
export class User {
  @PrimaryColumn({ type: 'text', name: 'domain_id' })
  domainId!: string;

  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** In the form of `password-hasher.ts`; null: cannot log in by password. */
  @Column({ type: 'text', name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;

  @Column({ type: 'boolean', name: 'is_administrator', default: false })
  isAdministrator!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'text', default: '' })
  email!: string;

  /** Country code of `phone`, e.g. `0086`; both or neither. */
  @Column({ type: 'text', default: '' })
  areacode!: string;

  @Column({ type: 'text', default: '' })
  phone!: string;

  /** `console` users sign no requests, `programmatic` ones do not log in at a console; `default`: both. */
  @Column({ type: 'text', name: 'access_mode', default: 'default' })
  accessMode!: 'default' | 'programmatic' | 'console';

  /** Tokens issued before it are refused. Not read here: `-infinity` is no date. */
  @Column({ type: 'timestamptz', name: 'tokens_valid_from', select: false, default: () => "'-infinity'" })
  tokensValidFrom!: Date;

  @Column({ type: 'timestamptz', name: 'password_changed_at', default: () => 'now()' })
  passwordChangedAt!: Date;

  @Column({ type: 'timestamptz', name: 'last_login_at', nullable: true })
  lastLoginAt!: Date | null;
}
