import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A domain's share of a region. */
@Entity({ name: 'projects', synchronize: false })
export class Project {
  @PrimaryColumn({ type: 'text', name: 'domain_id' })
  domainId!: string;

  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  region!: string;

  @Column({ type: 'boolean', default: true })
  enabled!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  /** Null for the project of a region, else that project. */
  @Column({ type: 'text', name: 'parent_id', nullable: true })
  parentId!: string | null;

  @Column({ type: 'text', default: '' })
  description!: string;
}
