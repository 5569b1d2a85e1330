import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An account, the unit of isolation. */
@Entity({ name: 'domains', synchronize: false })
export class Domain {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;

  /** True for the one domain that runs this installation. */
  @Column({ type: 'boolean', name: 'is_operator', default: false })
  isOperator!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
