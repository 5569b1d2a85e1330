/** Tells which domain runs this installation. */
import { Injectable } from '@nestjs/common';
import { DirectoryStore } from './directory.store.js';

export interface OperatorDomain {
  readonly domainId: string;
  readonly projectId: string;
}

@Injectable()
export class OperatorDirectory {
  private known: OperatorDomain | null = null;

  constructor(private readonly store: DirectoryStore) {}

  /** Null before the bootstrap; afterwards always the same. */
  async find(): Promise<OperatorDomain | null> {
    this.known ??= await this.store.operator();
    return this.known;
  }
}
