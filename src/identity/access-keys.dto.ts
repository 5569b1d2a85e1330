/** The wire shapes of `/v3.0/OS-CREDENTIAL/credentials` (OTC API reference, access key management). */
import { z } from 'zod';
import type { AccessKey } from './access-key.entity.js';
import { filterText, recordText } from './identity-fields.dto.js';
import { keystoneTime } from './token.dto.js';

export const accessKeyPathSchema = z.object({ access_key: recordText(64) });
export type AccessKeyPath = z.infer<typeof accessKeyPathSchema>;

export const listAccessKeysSchema = z.object({
  user_id: filterText().meta({ description: 'Absent: the caller.' }),
});
export type ListAccessKeys = z.infer<typeof listAccessKeysSchema>;

const description = () => recordText(255, 0).optional();
export const createAccessKeySchema = z.object({
  credential: z.object({ user_id: recordText(64), description: description() }),
});
export type CreateAccessKeyBody = z.infer<typeof createAccessKeySchema>;

export const updateAccessKeySchema = z.object({
  credential: z
    .object({ status: z.enum(['active', 'inactive']).optional(), description: description() })
    .refine(
      (given) => given.status !== undefined || given.description !== undefined,
      'needs a status or a description',
    ),
});
export type UpdateAccessKeyBody = z.infer<typeof updateAccessKeySchema>;

const credential = z.object({
  access: z.string(),
  user_id: z.string(),
  status: z.enum(['active', 'inactive']),
  description: z.string(),
  create_time: z.string(),
  last_use_time: z.string().optional(),
});
export const accessKeyAnswerSchema = z.object({ credential });
export const createdAccessKeySchema = z.object({
  credential: credential.extend({ secret: z.string().meta({ description: 'Shown here and never again.' }) }),
});
export const accessKeyListSchema = z.object({ credentials: z.array(credential) });
export type AccessKeyAnswer = z.infer<typeof accessKeyAnswerSchema>;
export type CreatedAccessKeyAnswer = z.infer<typeof createdAccessKeySchema>;
export type AccessKeyListAnswer = z.infer<typeof accessKeyListSchema>;

export function renderAccessKey(key: AccessKey): AccessKeyAnswer['credential'] {
  return {
    access: key.accessKey,
    user_id: key.userId,
    status: key.enabled ? 'active' : 'inactive',
    description: key.description,
    create_time: keystoneTime(key.createdAt.getTime()),
    ...(key.lastUsedAt !== null && { last_use_time: keystoneTime(key.lastUsedAt.getTime()) }),
  };
}
