/** Reads domains with their projects, one or a page of them. */
import { Injectable } from '@nestjs/common';
import { DataSource, In, MoreThan } from 'typeorm';
import { AppError } from '../kernel/errors.js';
import { RecordingSwitch } from '../traces/index.js';
import { Domain } from './domain.entity.js';
import type { DomainList, DomainView, ListDomains } from './domains.dto.js';
import { Project } from './project.entity.js';

@Injectable()
export class DomainViews {
  constructor(
    private readonly dataSource: DataSource,
    private readonly recording: RecordingSwitch,
  ) {}

  /** Throws `QST.NotFound`. */
  async one(id: string): Promise<DomainView> {
    const domain = await this.dataSource.getRepository(Domain).findOneBy({ id });
    if (!domain) throw new AppError('QST.NotFound', 'There is no such domain.');
    const [view] = await this.views([domain]);
    if (!view) throw new AppError('QST.NotFound', 'There is no such domain.');
    return view;
  }

  /** In the order of their names; the cursor is the last name shown. Throws `QST.BadCursor`. */
  async page({ limit, cursor }: ListDomains): Promise<DomainList> {
    const after = cursor === undefined ? null : decodeCursor(cursor);
    const found = await this.dataSource.getRepository(Domain).find({
      ...(after === null ? {} : { where: { name: MoreThan(after) } }),
      order: { name: 'ASC' },
      take: limit + 1,
    });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const views = await this.views(shown);
    return {
      domains: views.map(({ domain, projects }) => ({ ...domain, projects })),
      page: { count: shown.length, next: found.length > limit && last ? encodeCursor(last.name) : null },
    };
  }

  private async views(domains: readonly Domain[]): Promise<DomainView[]> {
    const ids = domains.map(({ id }) => id);
    const projects = await this.dataSource
      .getRepository(Project)
      .find({ where: { domainId: In(ids) }, order: { createdAt: 'ASC', id: 'ASC' } });
    const recorded = await this.recording.get(ids);
    return domains.map(({ id, name, enabled, isOperator, createdAt }) => ({
      domain: {
        id,
        name,
        enabled,
        // Everything is recorded that nobody switched off.
        recording: recorded.get(id) ?? true,
        is_operator: isOperator,
        created_at: createdAt.getTime(),
      },
      projects: projects
        .filter(({ domainId }) => domainId === id)
        .map((project) => ({ id: project.id, name: project.name, region: project.region })),
    }));
  }
}

function encodeCursor(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString('utf8');
  if (encodeCursor(name) !== cursor || name.includes('\0'))
    throw new AppError('QST.BadCursor', 'The cursor is not one this service gave out.');
  return name;
}
