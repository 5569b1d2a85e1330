import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ name: 'groups', synchronize: false })
export class Group {
  @PrimaryColumn({ type: 'text', name: 'domain_id' })
  domainId!: string;

  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
