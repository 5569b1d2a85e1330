import { Column, Entity, PrimaryColumn } from 'typeorm';

/** That a user is a member of a group. */
@Entity({ name: 'group_members', synchronize: false })
export class GroupMember {
  @PrimaryColumn({ type: 'text', name: 'domain_id' })
  domainId!: string;

  @PrimaryColumn({ type: 'text', name: 'user_id' })
  userId!: string;

  @PrimaryColumn({ type: 'text', name: 'group_id' })
  groupId!: string;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
