/** The wire shapes of groups (OTC API reference, user group management). */
import { z } from 'zod';
import type { RequestUrl } from '../platform/http/request-url.js';
import type { Group } from './group.entity.js';
import { linksSchema, listLinks, resourceLinks } from './iam-links.dto.js';
import { filterText, recordText } from './identity-fields.dto.js';

export const groupPathSchema = z.object({ group_id: recordText(64) });
export const membershipPathSchema = z.object({ group_id: recordText(64), user_id: recordText(64) });
export type GroupPath = z.infer<typeof groupPathSchema>;
export type MembershipPath = z.infer<typeof membershipPathSchema>;

export const listGroupsSchema = z.object({ domain_id: filterText(), name: filterText() });
export type ListGroups = z.infer<typeof listGroupsSchema>;

const name = () =>
  z
    .string()
    .regex(
      /^[^\p{C}\s](?:[^\p{C}]{0,126}[^\p{C}\s])?$/u,
      'must be 1 to 128 printable characters, no blank at either end',
    );
const fields = { domain_id: recordText(64, 0).optional(), description: recordText(255, 0).optional() };
export const createGroupSchema = z.object({ group: z.object({ ...fields, name: name() }) });
export const updateGroupSchema = z.object({
  group: z
    .object({ ...fields, name: name().optional() })
    .refine((group) => group.name !== undefined || group.description !== undefined, 'needs a name or a description'),
});
export type CreateGroupBody = z.infer<typeof createGroupSchema>;
export type UpdateGroupBody = z.infer<typeof updateGroupSchema>;

const groupView = z.object({
  id: z.string(),
  name: z.string(),
  domain_id: z.string(),
  description: z.string(),
  create_time: z.int().meta({ description: 'Epoch milliseconds.' }),
  links: linksSchema,
});
export const groupAnswerSchema = z.object({ group: groupView });
export const groupListSchema = z.object({ groups: z.array(groupView), links: linksSchema });
export type GroupAnswer = z.infer<typeof groupAnswerSchema>;
export type GroupListAnswer = z.infer<typeof groupListSchema>;

export function renderGroup(group: Group, url: RequestUrl): GroupAnswer['group'] {
  return {
    id: group.id,
    name: group.name,
    domain_id: group.domainId,
    description: group.description,
    create_time: group.createdAt.getTime(),
    links: resourceLinks(url, `/v3/groups/${group.id}`),
  };
}

export function renderGroups(groups: readonly Group[], url: RequestUrl): GroupListAnswer {
  return { groups: groups.map((group) => renderGroup(group, url)), links: listLinks(url) };
}
